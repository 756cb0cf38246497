//! Frames and the calendar: what a request or a call in flight takes.

/// Bytes of a calendar entry.
pub const ENTRY_BYTES: u32 = 32;
/// Entries of the row of what is due first, in front of the heap of what else is due soon.
pub const ROW_ROOM: u32 = 16;
/// The first of them. In front of it are a copy of what is due first, for whoever looks from outside, and an end of time.
pub const ROW: u32 = 2;
/// Entries of a block of the calendar, behind a head of the same size.
pub const BLOCK_ENTRIES: u32 = 15;
/// Bytes of a block, a power of two; a block begins at a multiple of it.
pub const BLOCK_BYTES: u32 = (BLOCK_ENTRIES + 1) * ENTRY_BYTES;
const _: () = assert!(BLOCK_BYTES.is_power_of_two());
/// Lists of blocks: 64 for each of the eleven digits of an instant.
pub const LISTS: u32 = 11 * 64;

/// Bytes of a frame: its words of 64 bits, then those of 32. Two cache lines, for whoever handles an event of a strand reads
/// many words of one frame and few of others.
pub const FRAME_BYTES: u32 = 8 * frame64::COUNT + 4 * frame32::COUNT;
const _: () = assert!(FRAME_BYTES == 128);

/// Words of 64 bits of a frame.
pub mod frame64 {
    /// Key of the strand.
    pub const KEY: u32 = 0;
    /// Arrival (of a visit), creation (of a request).
    pub const ARRIVED_NS: u32 = 1;
    /// Service start (of a visit), begin of the wait or work (held for work); user or session key (of a request).
    pub const STARTED_NS: u32 = 2;
    /// Key of the call under way.
    pub const CALL_KEY: u32 = 3;
    /// When it began.
    pub const CALL_BEGAN_NS: u32 = 4;
    /// Of work that shares processors: the replica's work clock at its end. Of work that can be interrupted: when it
    /// ends, and while it is interrupted what is left of it.
    pub const FINISH: u32 = 5;
    /// Until when its answer is wanted, 0: always.
    pub const DEADLINE: u32 = 6;
    /// How many there are.
    pub const COUNT: u32 = 7;
}

/// Words of 32 bits of a frame, behind those of 64.
pub mod frame32 {
    /// Grows whenever the strand stops waiting for something; never reset.
    pub const GENERATION: u32 = 0;
    /// Strand that waits for this one.
    pub const PARENT: u32 = 1;
    /// Generation at which it waits.
    pub const PARENT_GENERATION: u32 = 2;
    /// Replica, numbered through; component before a replica is chosen (shared queue).
    pub const REPLICA: u32 = 3;
    /// Flags, outcome.
    pub const STATE: u32 = 4;
    /// Next in a queue, a list of waiters, the free list, or among the children of a heap's node.
    pub const NEXT: u32 = 5;
    /// Label that goes on well.
    pub const RESUME: u32 = 6;
    /// Label that goes on badly.
    pub const RESUME_BAD: u32 = 7;
    /// Site of the call under way.
    pub const SITE: u32 = 8;
    /// Site this visit came through; source of a request; of a branch the sibling that was made before it, plus one.
    pub const ORIGIN: u32 = 9;
    /// Attempt number of the call under way.
    pub const ATTEMPT: u32 = 10;
    /// Branches needed; of a request the hedges of its call.
    pub const NEEDED: u32 = 11;
    /// Branch failures that can be afforded; of a request its number in its session.
    pub const AFFORDED: u32 = 12;
    /// First child in a heap of work.
    pub const CHILD: u32 = 13;
    /// The one before it in a list, plus one.
    pub const PREVIOUS: u32 = 14;
    /// Visit of the attempt under way plus one; newest branch of a fork plus one.
    pub const CALLEE: u32 = 15;
    /// Visit of the hedge under way plus one.
    pub const HEDGE: u32 = 16;
    /// Of a branch the sibling that was made after it, plus one.
    pub const NEWER: u32 = 17;
    /// How many there are.
    pub const COUNT: u32 = 18;
}
