//! Stores: what is remembered by key, and who fetches what is not.

use super::Engine;
use super::calendar::How;
use super::program::Op;
use super::strands::{StrandId, Waiting};
use std::collections::{BTreeMap, HashMap};
use sysdl_kernel::columns::component;
use sysdl_kernel::draw::{chance, warm_life_ns};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, Plan, UNBOUNDED};

/// What changes about a store.
#[derive(Default)]
pub(super) struct Store {
    entries: HashMap<u32, Entry>,
    /// Keys by last use, the least recent first.
    by_use: BTreeMap<u64, u32>,
    uses: u64,
    /// Coalesced fetches under way, by key.
    fetches: HashMap<u32, Fetch>,
    cleared_ns: Option<u64>,
}

struct Entry {
    /// Valid before this; none: for ever.
    expiry_ns: Option<u64>,
    last_use: u64,
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
    let (stores, mut store) = (&plan.stores, Store::default());
    let (hash, ttl_ns) = (plan.components.hash[stores.component[row] as usize], stores.ttl_ns[row]);
    let held = if stores.warm[row] == 1 { stores.keys[row].min(stores.capacity[row]) } else { 0 };
    for entry in (0..held).rev() {
        let expiry_ns = (ttl_ns > 0).then(|| warm_life_ns(hash, entry, ttl_ns));
        store.insert(stores.first_key[row] + entry, expiry_ns, UNBOUNDED);
    }
    store
}

impl Store {
    fn is_valid(&self, key: u32, now: u64) -> bool {
        self.entries.get(&key).is_some_and(|entry| entry.expiry_ns.is_none_or(|expiry_ns| expiry_ns > now))
    }

    /// The key is the one used most recently.
    fn touch(&mut self, key: u32) {
        self.uses += 1;
        if let Some(entry) = self.entries.get_mut(&key) {
            self.by_use.remove(&entry.last_use);
            entry.last_use = self.uses;
            self.by_use.insert(self.uses, key);
        }
    }

    /// Remembers a key as the one used most recently; beyond the capacity, forgets the least recent.
    fn insert(&mut self, key: u32, expiry_ns: Option<u64>, capacity: u32) {
        self.entries.entry(key).or_insert(Entry { expiry_ns, last_use: 0 }).expiry_ns = expiry_ns;
        self.touch(key);
        if capacity != UNBOUNDED && self.entries.len() > capacity as usize {
            let (_, oldest) = self.by_use.pop_first().expect("there are entries");
            self.entries.remove(&oldest);
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
        let store = &mut self.stores[op.a as usize];
        if store.is_valid(key, self.now) {
            store.touch(key);
            self.count_lookup(op.a, component::HITS);
            return Some(op.next);
        }
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
        let ttl_ns = self.plan.stores.ttl_ns[row];
        let expiry_ns = (ttl_ns > 0).then(|| self.now + ttl_ns);
        self.stores[row].insert(key, expiry_ns, self.plan.stores.capacity[row]);
        for waiting in self.stores[row].end_fetch(key, strand) {
            self.resume_next(waiting, How::Well);
        }
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
        store.by_use.clear();
        store.cleared_ns = Some(self.now);
    }
}
