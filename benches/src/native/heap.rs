//! A calendar of packed entries: a 4-ary heap of words, each an instant and what happens then.

/// Bits of what happens; the bits above are the instant in nanoseconds, up to 2.4 hours.
const WHAT_BITS: u32 = 21;
const ARITY: usize = 4;

/// Future events, the first on top.
#[derive(Default)]
pub struct Heap {
    entries: Vec<u64>,
}

/// What happens at an instant. Of one instant the first kinds come first.
#[derive(Clone, Copy)]
pub enum What {
    /// A server of a replica of the applications is free.
    AppFree(u32),
    /// A connection of the database is free.
    DatabaseFree,
    /// The call in a slot reaches the database.
    Ask(u32),
}

impl What {
    fn pack(self) -> u64 {
        match self {
            What::AppFree(replica) => replica as u64,
            What::DatabaseFree => 1 << 19,
            What::Ask(slot) => 2 << 19 | slot as u64,
        }
    }

    fn unpack(word: u64) -> Self {
        let low = word as u32 & ((1 << 19) - 1);
        match word >> 19 & 3 {
            0 => What::AppFree(low),
            1 => What::DatabaseFree,
            _ => What::Ask(low),
        }
    }
}

impl Heap {
    /// Schedules what happens at an instant.
    #[inline]
    pub fn push(&mut self, at_ns: u64, what: What) {
        let entry = at_ns << WHAT_BITS | what.pack();
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

    /// Whether the first event is a call that reaches the database at an instant.
    pub fn asks_at(&self, at_ns: u64) -> Option<u32> {
        let entry = *self.entries.first()?;
        match What::unpack(entry & ((1 << WHAT_BITS) - 1)) {
            What::Ask(slot) if entry >> WHAT_BITS == at_ns => Some(slot),
            _ => None,
        }
    }

    /// Takes the first event.
    #[inline]
    pub fn pop(&mut self) -> What {
        let first = self.entries[0];
        let last = self.entries.pop().unwrap_or(first);
        let len = self.entries.len();
        if len > 0 {
            self.sift_down(last, len);
        }
        What::unpack(first & ((1 << WHAT_BITS) - 1))
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
