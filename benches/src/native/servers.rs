//! Servers of replicas, each of which takes those who wait in the order in which they came.
//!
//! There are two ways to learn that a server is free. With `EAGER = false` the calendar says so. With `EAGER = true` it
//! is written down when a server will be free, and read when somebody finds none: no event at all. While somebody waits
//! the calendar is needed, because whoever is first starts at the very instant at which a server is free.

/// Servers of some replicas.
pub struct Servers<const EAGER: bool> {
    capacity: u32,
    replicas: Vec<Replica>,
    /// When servers will be free in nanoseconds: `capacity` places for each replica.
    ends: Vec<u64>,
}

#[derive(Clone, Copy, Default)]
struct Replica {
    /// Servers taken, those included that are free by now and of which nobody has learnt it.
    taken: u32,
    /// Ends written down.
    known: u32,
    /// How many wait.
    waiting: u32,
}

impl<const EAGER: bool> Servers<EAGER> {
    /// So many replicas with so many servers each, all of them free.
    pub fn new(replicas: u32, capacity: u32) -> Self {
        let places = if EAGER { replicas as usize * capacity as usize } else { 0 };
        Self { capacity, replicas: vec![Replica::default(); replicas as usize], ends: vec![0; places] }
    }

    /// Takes a free server, if there is one.
    #[inline(always)]
    pub fn take(&mut self, replica: u32, now_ns: u64) -> bool {
        let r = &mut self.replicas[replica as usize];
        if r.taken == self.capacity && !(EAGER && r.known > 0 && self.learn(replica, now_ns)) {
            return false;
        }
        self.replicas[replica as usize].taken += 1;
        true
    }

    /// Forgets ends that have come. False if there are none.
    fn learn(&mut self, replica: u32, now_ns: u64) -> bool {
        let first = replica as usize * self.capacity as usize;
        let r = &mut self.replicas[replica as usize];
        let ends = &mut self.ends[first..first + r.known as usize];
        let mut kept = 0;
        for i in 0..ends.len() {
            let end = ends[i];
            ends[kept] = end;
            kept += (end > now_ns) as usize;
        }
        let over = r.known - kept as u32;
        r.known = kept as u32;
        r.taken -= over;
        over > 0
    }

    /// Writes down when a server will be free. False if the calendar has to say so.
    #[inline(always)]
    pub fn ends(&mut self, replica: u32, at_ns: u64) -> bool {
        let r = &mut self.replicas[replica as usize];
        if !EAGER || r.waiting > 0 {
            return false;
        }
        self.ends[replica as usize * self.capacity as usize + r.known as usize] = at_ns;
        r.known += 1;
        true
    }

    /// One more waits. If it is the first, the ends that were written down are the calendar's from now on.
    pub fn waits(&mut self, replica: u32) -> &[u64] {
        let first = replica as usize * self.capacity as usize;
        let r = &mut self.replicas[replica as usize];
        r.waiting += 1;
        let known = core::mem::take(&mut r.known) as usize;
        if EAGER { &self.ends[first..first + known] } else { &[] }
    }

    /// A server is free. True if whoever is first takes it.
    #[inline(always)]
    pub fn is_free(&mut self, replica: u32) -> bool {
        let r = &mut self.replicas[replica as usize];
        if r.waiting > 0 {
            r.waiting -= 1;
            return true;
        }
        r.taken -= 1;
        false
    }
}
