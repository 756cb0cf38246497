//! A calendar of packed entries: a 4-ary heap of words, each an instant and what happens then.

/// Bits of what happens, for whoever schedules it to say; of one instant the least comes first. The bits above are the
/// instant in nanoseconds, up to 2.4 hours.
pub const WHAT_BITS: u32 = 21;
const WHAT: u64 = (1 << WHAT_BITS) - 1;
const ARITY: usize = 4;

/// Future events, the first on top.
#[derive(Default)]
pub struct Heap {
    entries: Vec<u64>,
}

impl Heap {
    /// Schedules what happens at an instant.
    #[inline]
    pub fn push(&mut self, at_ns: u64, what: u64) {
        let entry = at_ns << WHAT_BITS | what;
        let mut hole = self.entries.len();
        self.entries.push(entry);
        while hole > 0 {
            let parent = (hole - 1) / ARITY;
            let above = self.entries[parent];
            if above <= entry {
                break;
            }
            self.entries[hole] = above;
            hole = parent;
        }
        self.entries[hole] = entry;
    }

    /// Instant of the first event in nanoseconds; the end of time if there is none.
    #[inline(always)]
    pub fn first_ns(&self) -> u64 {
        self.entries.first().map_or(u64::MAX, |entry| entry >> WHAT_BITS)
    }

    /// The first event, if it is at an instant.
    pub fn first_at(&self, at_ns: u64) -> Option<u64> {
        let entry = *self.entries.first()?;
        (entry >> WHAT_BITS == at_ns).then_some(entry & WHAT)
    }

    /// Takes the first event.
    #[inline]
    pub fn pop(&mut self) -> u64 {
        let first = self.entries[0];
        let last = self.entries.pop().unwrap_or(first);
        let len = self.entries.len();
        if len > 0 {
            self.sift_down(last, len);
        }
        first & WHAT
    }

    /// Puts off the first event until an instant.
    #[inline]
    pub fn put_off(&mut self, until_ns: u64) {
        let what = self.entries[0] & WHAT;
        self.sift_down(until_ns << WHAT_BITS | what, self.entries.len());
    }

    #[inline]
    fn sift_down(&mut self, entry: u64, len: usize) {
        let entries = &mut self.entries[..len];
        let mut hole = 0;
        loop {
            let first = hole * ARITY + 1;
            if first >= len {
                break;
            }
            let (mut least, mut at) = (u64::MAX, first);
            for (i, &child) in entries[first..(first + ARITY).min(len)].iter().enumerate() {
                (least, at) = if child < least { (child, first + i) } else { (least, at) };
            }
            if least >= entry {
                break;
            }
            entries[hole] = least;
            hole = at;
        }
        entries[hole] = entry;
    }
}
