//! Stores: what is remembered by key, and who fetches what is not.

use super::Engine;
use super::calendar::How;
use super::keeping::{Evict, Rules};
use super::program::Op;
use super::strands::{StrandId, Waiting};
use std::collections::{BTreeMap, HashMap};
use sysdl_kernel::columns::component;
use sysdl_kernel::draw::{below, chance, warm_life_ns};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, Plan, UNBOUNDED};

/// What changes about a store.
#[derive(Default)]
pub(super) struct Store {
    entries: HashMap<u32, Entry>,
    /// Keys that are held, in the order in which they are forgotten where that is an order: by use or by coming.
    order: BTreeMap<(u64, u64), u32>,
    /// Keys that are held, by place, where any is forgotten.
    places: Vec<u32>,
    uses: u64,
    /// How often each key was looked up.
    pub(super) lookups: HashMap<u32, u64>,
    /// Before these instants, what is read of a key is old.
    pub(super) stale_until_ns: HashMap<u32, u64>,
    /// Coalesced fetches under way, by key.
    fetches: HashMap<u32, Fetch>,
    cleared_ns: Option<u64>,
}

struct Entry {
    /// Valid before this; none: for ever.
    expiry_ns: Option<u64>,
    /// Its place in the order of the store.
    rank: (u64, u64),
}

struct Fetch {
    by: StrandId,
    waiting: Vec<Waiting>,
}

/// Stores as they are at the begin of a run.
pub(super) fn all(plan: &Plan) -> Vec<Store> {
    (0..plan.stores.component.len()).map(|row| begin(plan, row)).collect()
}

/// A warm store holds its first entries, as many as fit; the first of all was used last.
fn begin(plan: &Plan, row: usize) -> Store {
    let (stores, mut store, rules) = (&plan.stores, Store::default(), Rules::of(plan, row));
    let hash = plan.components.hash[stores.component[row] as usize];
    let held = if stores.warm[row] == 1 { stores.keys[row].min(stores.capacity[row]) } else { 0 };
    for entry in (0..held).rev() {
        let key = stores.first_key[row] + entry;
        if let Some(ttl_ns) = rules.ttl_of(key) {
            let expiry_ns = (ttl_ns > 0).then(|| warm_life_ns(hash, entry, ttl_ns));
            store.insert(key, expiry_ns, rules, 0);
        }
    }
    store
}

impl Store {
    /// When the entry of a key expires, if there is one.
    pub(super) fn expiry_ns(&self, key: u32) -> Option<u64> {
        self.entries.get(&key).map(|entry| entry.expiry_ns.unwrap_or(u64::MAX))
    }

    pub(super) fn set_expiry_ns(&mut self, key: u32, expiry_ns: Option<u64>) {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.expiry_ns = expiry_ns;
        }
    }

    /// The key has been used: looked up, or filled.
    pub(super) fn touch(&mut self, key: u32, rules: Rules) {
        let lookups = self.lookups.get(&key).copied().unwrap_or(0);
        self.uses += 1;
        let rank = match rules.evict {
            Evict::Lru => (0, self.uses),
            Evict::Lfu => (lookups, self.uses),
            Evict::Fifo | Evict::Random => return,
        };
        self.rank(key, rank);
    }

    fn rank(&mut self, key: u32, rank: (u64, u64)) {
        if let Some(entry) = self.entries.get_mut(&key) {
            self.order.remove(&entry.rank);
            entry.rank = rank;
            self.order.insert(rank, key);
        }
    }

    /// Remembers a key; beyond the capacity, forgets one.
    pub(super) fn insert(&mut self, key: u32, expiry_ns: Option<u64>, rules: Rules, word: u64) {
        let full = self.entries.len() >= rules.capacity as usize;
        if !self.entries.contains_key(&key) {
            self.uses += 1;
            let rank = (0, self.uses);
            self.entries.insert(key, Entry { expiry_ns, rank });
            if rules.evict == Evict::Random {
                self.place(key, full, rules.capacity, word);
            } else {
                self.order.insert(rank, key);
            }
        }
        self.set_expiry_ns(key, expiry_ns);
        self.touch(key, rules);
        while rules.capacity != UNBOUNDED && self.order.len() > rules.capacity as usize {
            let (_, first) = self.order.pop_first().expect("there are entries");
            self.entries.remove(&first);
        }
    }

    /// A newcomer gets the place of any of those held, or a new one; those in the last places may be too many.
    fn place(&mut self, key: u32, full: bool, capacity: u32, word: u64) {
        if !full {
            self.places.push(key);
        } else if self.places.is_empty() {
            self.entries.remove(&key);
        } else {
            let place = below(word, self.places.len() as u32) as usize;
            let forgotten = std::mem::replace(&mut self.places[place], key);
            self.entries.remove(&forgotten);
            while self.places.len() > capacity as usize {
                let last = self.places.pop().expect("there are places");
                self.entries.remove(&last);
            }
        }
    }

    /// Forgets a key.
    pub(super) fn remove(&mut self, key: u32) {
        let Some(entry) = self.entries.remove(&key) else { return };
        self.order.remove(&entry.rank);
        if let Some(place) = self.places.iter().position(|&held| held == key) {
            self.places.swap_remove(place);
        }
    }

    /// Ends the fetch of a key, if the strand makes it. Those who waited for it.
    fn end_fetch(&mut self, key: u32, by: StrandId) -> Vec<Waiting> {
        let is_by = self.fetches.get(&key).is_some_and(|fetch| fetch.by == by);
        let ended = if is_by { self.fetches.remove(&key) } else { None };
        ended.map_or_else(Vec::new, |fetch| fetch.waiting)
    }
}

impl Engine<'_> {
    /// The operation behind a lookup by ratio.
    pub(super) fn look_up_by_ratio(&mut self, strand: StrandId, op: Op) -> u32 {
        let store = op.a as usize;
        let mut p = op.f;
        if let Some(factor) = self.parameters.of(self.plan.stores.slot_hits[store]) {
            p *= factor;
        }
        let refill_ns = self.plan.stores.refill_ns[store];
        if let Some(since_ns) = self.stores[store].cleared_ns.map(|cleared_ns| self.now - cleared_ns)
            && since_ns < refill_ns
        {
            p *= since_ns as f64 / refill_ns as f64;
        }
        let hit = chance(self.word(strand, op), p);
        self.count_lookup(op.a, if hit { component::HITS } else { component::MISSES });
        if hit { op.next } else { op.alt }
    }

    fn count_lookup(&mut self, store: u32, column: usize) {
        let component = self.plan.stores.component[store as usize] as usize;
        self.windows.add(component, column, 1);
    }

    /// The operation behind a lookup of a key that is drawn for it.
    pub(super) fn look_up_drawn(&mut self, strand: StrandId, op: Op) -> Option<u32> {
        let word = self.word(strand, op);
        let key = self.draws.key(op.b, word);
        self.look_up_by_key(strand, op, key)
    }

    /// The operation behind a lookup of the key that the request is about.
    pub(super) fn look_up_requested(&mut self, strand: StrandId, op: Op) -> Option<u32> {
        if let Some(key) = self.strands.get(strand).request_key {
            return self.look_up_by_key(strand, op, key);
        }
        self.set_register(strand, op.c, NONE);
        self.count_lookup(op.a, component::MISSES);
        Some(op.alt)
    }

    /// The operation behind a lookup by key, or none if the strand waits for another's fetch.
    fn look_up_by_key(&mut self, strand: StrandId, op: Op, key: u32) -> Option<u32> {
        let key = self.plan.keyspaces.first_key[op.b as usize] + key;
        self.set_register(strand, op.c, key);
        if self.is_answered(strand, op.a as usize, key) {
            self.count_lookup(op.a, component::HITS);
            return Some(op.next);
        }
        let store = &mut self.stores[op.a as usize];
        if op.coalesce {
            if let Some(fetch) = store.fetches.get_mut(&key) {
                fetch.waiting.push(self.strands.begin_wait(strand));
                let waiting = self.strands.get(strand);
                (waiting.well, waiting.badly) = (op.next, op.fail);
                self.count_lookup(op.a, component::COALESCED);
                return None;
            }
            store.fetches.insert(key, Fetch { by: strand, waiting: Vec::new() });
        }
        self.count_lookup(op.a, component::MISSES);
        Some(op.alt)
    }

    /// A fetch has come back.
    pub(super) fn fill(&mut self, strand: StrandId, op: Op) {
        let key = self.register(strand, op.c);
        if key == NONE {
            return;
        }
        let row = op.a as usize;
        self.remember(strand, row, key);
        for waiting in self.stores[row].end_fetch(key, strand) {
            self.resume_next(waiting, How::Well);
        }
    }

    /// If an entry that was hit is out of date and nobody fetches it, a branch does.
    pub(super) fn refresh(&mut self, strand: StrandId, op: Op) {
        let key = self.register(strand, op.c);
        let store = &self.stores[op.b as usize];
        let clock = self.clock_of_store(op.b as usize);
        let is_old = key != NONE && store.expiry_ns(key).is_some_and(|expiry_ns| expiry_ns <= clock);
        if !is_old || store.fetches.contains_key(&key) {
            return;
        }
        let branch = self.spawned(strand, op);
        self.set_register(branch, 0, key);
        self.stores[op.b as usize].fetches.insert(key, Fetch { by: branch, waiting: Vec::new() });
        self.go_on(branch, self.plan.branches.entry[op.a as usize]);
    }

    /// A fetch has failed.
    pub(super) fn give_up_fetch(&mut self, strand: StrandId, op: Op) {
        let key = self.register(strand, op.c);
        let result = self.strands.get(strand).outcome;
        let waiting = self.stores[op.a as usize].end_fetch(key, strand);
        self.fail_waiting(waiting, result);
    }

    fn fail_waiting(&mut self, waiting: Vec<Waiting>, result: u32) {
        for waiting in waiting {
            self.strands.get(waiting.strand).outcome = result;
            self.resume_next(waiting, How::Badly);
        }
    }

    /// Strands are about to be killed: they wait for no fetch, and those that they make fail.
    pub(super) fn fail_fetches(&mut self, killed: &[StrandId]) {
        let is_killed = |strand: StrandId| killed.binary_search(&strand).is_ok();
        let mut abandoned = Vec::new();
        for store in &mut self.stores {
            for fetch in store.fetches.values_mut() {
                fetch.waiting.retain(|waiting| !is_killed(waiting.strand));
            }
            for (_, fetch) in store.fetches.extract_if(|_, fetch| is_killed(fetch.by)) {
                abandoned.extend(fetch.waiting);
            }
        }
        self.fail_waiting(abandoned, outcome::FAILED);
    }

    /// Everything is forgotten; fetches under way go on.
    pub(super) fn clear_store(&mut self, row: usize) {
        let store = &mut self.stores[row];
        store.entries.clear();
        store.order.clear();
        store.places.clear();
        store.lookups.clear();
        store.stale_until_ns.clear();
        store.cleared_ns = Some(self.now);
    }
}
