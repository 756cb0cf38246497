//! What a store keeps and how it ages.

use super::Engine;
use super::program::Op;
use super::strands::StrandId;
use sysdl_kernel::columns::component;
use sysdl_kernel::draw::{chance, draw, nth, unit_f64};
use sysdl_lower::plan::{NONE, Plan};

/// Who is forgotten when a store is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evict {
    Lru,
    Fifo,
    Random,
    Lfu,
}

/// The rules of a store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) evict: Evict,
    pub(super) capacity: u32,
    ttl_ns: u64,
    sliding: bool,
    jitter: f64,
    negative_share: f64,
    negative_ttl_ns: u64,
    negative_key: u64,
    first_key: u32,
    stale_ns: u64,
}

impl Rules {
    /// The rules of a store; the usual ones, where all stores of the plan are plain.
    pub(super) fn of(plan: &Plan, row: usize) -> Self {
        let (stores, rows) = (&plan.stores, &plan.keepings);
        let plain = Rules {
            evict: Evict::Lru,
            capacity: stores.capacity[row],
            ttl_ns: stores.ttl_ns[row],
            sliding: false,
            jitter: 0.0,
            negative_share: 0.0,
            negative_ttl_ns: 0,
            negative_key: 0,
            first_key: stores.first_key[row],
            stale_ns: 0,
        };
        if rows.evict.is_empty() {
            return plain;
        }
        Rules {
            evict: [Evict::Lru, Evict::Fifo, Evict::Random, Evict::Lfu][rows.evict[row] as usize],
            sliding: rows.sliding[row] == 1,
            jitter: rows.jitter[row],
            negative_share: rows.negative_share[row],
            negative_ttl_ns: rows.negative_ttl_ns[row],
            negative_key: rows.purpose_negative[row],
            stale_ns: rows.stale_ns[row],
            ..plain
        }
    }

    /// Time to live of a key, 0: for ever; none if it is not remembered.
    pub(super) fn ttl_of(self, key: u32) -> Option<u64> {
        let word = nth(self.negative_key, u64::from(key - self.first_key));
        let exists = self.negative_share == 0.0 || !chance(word, self.negative_share);
        match (exists, self.negative_ttl_ns) {
            (true, _) => Some(self.ttl_ns),
            (false, 0) => None,
            (false, ttl_ns) => Some(ttl_ns),
        }
    }
}

impl Engine<'_> {
    /// A lookup of a key that is held, valid or out of date for no longer than it may serve.
    pub(super) fn is_answered(&mut self, strand: StrandId, row: usize, key: u32) -> bool {
        let rules = Rules::of(self.plan, row);
        if rules.evict == Evict::Lfu {
            *self.stores[row].lookups.entry(key).or_insert(0) += 1;
            self.stores[row].touch(key, rules);
        }
        let Some(expiry_ns) = self.stores[row].expiry_ns(key) else { return false };
        let clock = self.clock_of_store(row);
        let is_valid = expiry_ns > clock;
        if !is_valid && clock - expiry_ns >= rules.stale_ns {
            return false;
        }
        let lags = self.stores[row].stale_until_ns.get(&key).is_some_and(|&until_ns| until_ns > self.now);
        if lags || !is_valid {
            let component = self.plan.stores.component[row] as usize;
            self.windows.add(component, component::STALE, 1);
        }
        if is_valid && rules.sliding {
            let expiry_ns = self.expiry(strand, row, key).unwrap_or(Some(0));
            self.stores[row].set_expiry_ns(key, expiry_ns);
        }
        if rules.evict == Evict::Lru {
            self.stores[row].touch(key, rules);
        }
        true
    }

    /// Until when a key that is filled now is remembered: none if not at all, or for ever.
    fn expiry(&mut self, strand: StrandId, row: usize, key: u32) -> Option<Option<u64>> {
        let rules = Rules::of(self.plan, row);
        let ttl_ns = rules.ttl_of(key)?;
        if ttl_ns == 0 {
            return Some(None);
        }
        if rules.jitter == 0.0 {
            return Some(Some(self.clock_of_store(row) + ttl_ns));
        }
        let u = unit_f64(draw(self.strands.get(strand).key ^ self.now, self.plan.keepings.purpose_ttl[row]));
        let spread = ttl_ns as f64 * (1.0 + rules.jitter * (2.0 * u - 1.0));
        Some(Some(self.clock_of_store(row) + (spread as u64).max(1)))
    }

    /// The entry of a key is filled.
    pub(super) fn remember(&mut self, strand: StrandId, row: usize, key: u32) {
        let Some(expiry_ns) = self.expiry(strand, row, key) else { return };
        let purpose = self.plan.keepings.purpose_evict.get(row).copied().unwrap_or(0);
        let word = draw(self.strands.get(strand).key ^ self.now, purpose);
        let rules = Rules { capacity: self.room_of_store(row), ..Rules::of(self.plan, row) };
        self.stores[row].insert(key, expiry_ns, rules, word);
    }

    /// The request's key is written.
    pub(super) fn put(&mut self, strand: StrandId, op: Op) {
        let Some(key) = self.strands.get(strand).request_key else { return };
        let (row, key) = (op.a as usize, self.plan.keyspaces.first_key[op.b as usize] + key);
        let lag_ns = self.lag_ns(strand, op);
        if lag_ns > 0 {
            let until_ns = self.now.saturating_add(lag_ns);
            let stale_until_ns = self.stores[row].stale_until_ns.entry(key).or_insert(0);
            *stale_until_ns = until_ns.max(*stale_until_ns);
        }
        if op.c == 0 {
            return self.remember(strand, row, key);
        }
        if lag_ns == 0 {
            return self.stores[row].remove(key);
        }
        let clock = self.clock_of_store(row);
        if let Some(expiry_ns) = self.stores[row].expiry_ns(key) {
            self.stores[row].set_expiry_ns(key, Some(expiry_ns.min(clock.saturating_add(lag_ns))));
        }
    }

    /// Time until what is written now can be read.
    fn lag_ns(&mut self, strand: StrandId, op: Op) -> u64 {
        let (rows, row) = (&self.plan.keepings, op.a as usize);
        if rows.evict.is_empty() {
            return 0;
        }
        let (lag, factor, added) = (rows.lag[row], rows.slot_lag_factor[row], rows.slot_lag[row]);
        let word = self.word(strand, op);
        let mut time = if lag == NONE { 0.0 } else { self.draws.sample(lag, word) };
        time *= self.parameters.of(factor).unwrap_or(1.0);
        time += self.parameters.of(added).unwrap_or(0.0);
        time as u64
    }
}
