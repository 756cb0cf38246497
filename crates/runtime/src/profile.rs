//! Which events a run is made of, and what they take, by looking at one in so many.
//!
//! A guest is stopped after a random number of events. The event that comes next stands first in its calendar, so it can be
//! read there before it is handled alone, by the host's clock. The module knows nothing of it: it has no counter and no
//! clock, and its facts are those of a run that nobody looks at. A guest that is stopped so often resolves nothing ahead of
//! time, so what is seen are the steps of its requests, one by one.

use crate::guest::{Guest, Status};
use crate::recorder::Memory;
use std::collections::BTreeMap;
use std::time::Instant;
use sysdl_kernel::layout::{FRAME_BYTES, NONE, frame32, frame64};

/// Ranks of events in the order of the machine; and those that wait in lanes beside the calendar, which keep their order.
pub const TYPES: [&str; 12] = [
    "timeline",
    "work_end",
    "reply",
    "timeout",
    "resume",
    "arrive",
    "call_off",
    "health",
    "source",
    "window",
    "control",
    "source_or_timeout",
];
/// Ranks whose subject is a strand: a request, a call or a branch under way. From the end of work to calling off.
const OF_STRANDS: std::ops::RangeInclusive<usize> = 1..=6;
/// Ranks that come in vain if their strand has moved on: from the end of work to the end of a pause.
const CAN_BE_STALE: std::ops::RangeInclusive<usize> = 1..=4;
/// What comes from a lane: an arrival, or the end of a patience that is always the same.
const OF_LANES: usize = 11;
/// Ranks that need a second look.
const TIMEOUT: usize = 3;
const SOURCE: usize = 8;
/// Timeouts with such an argument are of no strand.
const GONE: u32 = 16;

/// Events between two looks: at first, and at most.
const STRIDE_LEAST: u64 = 32;
const STRIDE_MOST: u64 = 1 << 16;
/// Looks that a run is worth, if it is long enough for them.
const LOOKS: u64 = 1 << 14;
/// Calls by which the cost of a call is measured.
const CALLS: usize = 257;

/// Where a module keeps what is looked at.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Address of the first entry of the calendar.
    pub calendar: u32,
    /// Address of the first frame.
    pub frames: u32,
    /// How many there are.
    pub frames_max: u32,
    /// Number of the first replica of each component.
    pub first_replica: Vec<u32>,
}

/// Whose an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A component, by number.
    Component(usize),
    /// A source of traffic, by number.
    Source(usize),
    /// Whoever sent a request, waiting for its answer.
    Sender,
    /// Somebody who does not wait for it any more, and whose place others may have by now.
    Gone,
    /// Who is behind what comes from a lane.
    Lane,
    /// Nobody: windows, effects, probes.
    Machine,
}

/// Events of a type and an owner.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many there were, as far as the looks tell.
    pub events: f64,
    /// Nanoseconds that those took that were looked at.
    pub ns: Vec<u32>,
}

/// A guest that is looked at while it runs.
pub struct Sampled<'p, G> {
    guest: G,
    places: &'p Places,
    /// What was seen, by rank and owner.
    pub tallies: BTreeMap<(usize, Owner), Tally>,
    /// Looks.
    pub looks: u64,
    events: u64,
    /// Events since the last look.
    since: u64,
    /// What a call of the guest takes that does nothing.
    call_ns: u64,
    random: u64,
}

impl<'p, G: Guest> Sampled<'p, G> {
    /// Around a guest.
    pub fn new(guest: G, places: &'p Places) -> Self {
        Self { guest, places, tallies: BTreeMap::new(), looks: 0, events: 0, since: 0, call_ns: 0, random: 1 }
    }

    /// A number of events, the mean of which makes so many looks as a run is worth.
    fn stride(&mut self) -> u64 {
        let mean = (self.events / LOOKS).clamp(STRIDE_LEAST, STRIDE_MOST);
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        1 + (self.random >> 33) % (2 * mean - 1)
    }

    /// Reads the first event of the calendar, and when it is due.
    fn first(&self) -> (u64, (usize, Owner)) {
        (self.guest.memory().u64_at(self.places.calendar), self.of_first())
    }

    fn of_first(&self) -> (usize, Owner) {
        let (memory, at) = (self.guest.memory(), self.places.calendar);
        let word = |offset: u32| memory.u32_at(at + offset);
        let (subject, generation, argument, rank) = (word(16), word(20), word(24), (word(28) & 0xff) as usize);
        let of_strand = OF_STRANDS.contains(&rank) && !(rank == TIMEOUT && argument >= GONE);
        if !of_strand || subject >= self.places.frames_max {
            let owner = if rank == SOURCE { Owner::Source(subject as usize) } else { Owner::Machine };
            return (rank, owner);
        }
        let cell =
            |word: u32| memory.u32_at(self.places.frames + subject * FRAME_BYTES + 8 * frame64::COUNT + 4 * word);
        if CAN_BE_STALE.contains(&rank) && cell(frame32::GENERATION) != generation {
            return (rank, Owner::Gone);
        }
        let replica = cell(frame32::REPLICA);
        if replica == NONE {
            return (rank, Owner::Sender);
        }
        let component = self.places.first_replica.partition_point(|&first| first <= replica).saturating_sub(1);
        (rank, Owner::Component(component))
    }

    /// Handles one event, by the clock.
    fn look(&mut self, until_ns: u64) -> Result<Status, G::Error> {
        let (due, first) = self.first();
        let began = Instant::now();
        let status = self.guest.run(until_ns, 1)?;
        let took = began.elapsed().as_nanos() as u64;
        if status == Status::OutOfBudget {
            // What was handled at another instant did not come from there.
            let (rank, owner) = if self.guest.now()? == due { first } else { (OF_LANES, Owner::Lane) };
            self.events += 1;
            let weight = (self.since + 1) as f64;
            self.since = 0;
            self.looks += 1;
            let tally = self.tallies.entry((rank, owner)).or_default();
            tally.events += weight;
            tally.ns.push(took.saturating_sub(self.call_ns).min(u64::from(u32::MAX)) as u32);
        }
        Ok(status)
    }
}

/// The middle of some numbers; 0 of none.
#[must_use]
pub fn median(numbers: &mut [u32]) -> u32 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

impl<G: Guest> Guest for Sampled<'_, G> {
    type Error = G::Error;

    fn init(&mut self, seed: u64) -> Result<(), G::Error> {
        self.guest.init(seed)?;
        let mut calls = Vec::new();
        for _ in 0..CALLS {
            let began = Instant::now();
            self.guest.now()?;
            calls.push(began.elapsed().as_nanos() as u32);
        }
        self.call_ns = u64::from(median(&mut calls));
        Ok(())
    }

    fn run(&mut self, until_ns: u64, max_events: u64) -> Result<Status, G::Error> {
        let mut left = max_events;
        loop {
            let stride = self.stride().min(left);
            let status = self.guest.run(until_ns, stride)?;
            if status != Status::OutOfBudget {
                return Ok(status);
            }
            (self.events, self.since) = (self.events + stride, self.since + stride);
            left -= stride;
            if left == 0 {
                return Ok(status);
            }
            let status = self.look(until_ns)?;
            left -= 1;
            if status != Status::OutOfBudget || left == 0 {
                return Ok(status);
            }
        }
    }

    fn now(&mut self) -> Result<u64, G::Error> {
        self.guest.now()
    }

    fn set(&mut self, slot: u32, value: f64) -> Result<bool, G::Error> {
        self.guest.set(slot, value)
    }

    fn digest(&mut self, word: u32) -> Result<u64, G::Error> {
        self.guest.digest(word)
    }

    fn columns(&mut self) -> Result<u32, G::Error> {
        self.guest.columns()
    }

    fn records(&mut self) -> Result<u32, G::Error> {
        self.guest.records()
    }

    fn memory(&self) -> &[u8] {
        self.guest.memory()
    }
}
