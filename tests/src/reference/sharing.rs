//! Work that shares the processors of a replica.

use super::Engine;
use super::strands::StrandId;
use std::collections::{BTreeMap, BTreeSet};

/// Ticks of the clock of work per nanosecond.
const TICKS: u64 = 256;

/// What a replica knows of work that shares its processors.
#[derive(Default)]
pub(super) struct Sharing {
    /// Strands at work by the mark at which they end, then key.
    jobs: BTreeSet<(u64, u64, StrandId)>,
    /// The mark and key of each.
    marks: BTreeMap<StrandId, (u64, u64)>,
    /// Strands that have an event.
    expected: BTreeSet<StrandId>,
    /// What each strand at work has done, in ticks, and until when that is up to date.
    work: u64,
    since_ns: u64,
}

impl Sharing {
    /// Strands at work.
    pub(super) fn at_work(&self) -> u64 {
        self.jobs.len() as u64
    }
}

impl Engine<'_> {
    fn sharing(&mut self, c: usize, r: usize) -> &mut Sharing {
        &mut self.stations[c].replicas[r].sharing
    }

    /// Ticks per nanosecond of each strand at work.
    fn speed(&mut self, c: usize, r: usize) -> f64 {
        let n = self.sharing(c, r).jobs.len() as f64;
        let rows = &self.plan.components;
        let share = (rows.cores[c] / n).min(1.0);
        let own = self.parameters.at(rows.slot_speed[c], r).unwrap_or(1.0);
        TICKS as f64 * own * share / (1.0 + rows.contention[c] * (n - 1.0) + rows.coherency[c] * n * (n - 1.0))
    }

    pub(super) fn progress(&mut self, c: usize, r: usize) {
        let (now, speed) = (self.now, self.speed(c, r));
        let sharing = self.sharing(c, r);
        let passed = now - sharing.since_ns;
        sharing.since_ns = now;
        if !sharing.jobs.is_empty() {
            sharing.work += (passed as f64 * speed) as u64;
        }
    }

    pub(super) fn begin_sharing(&mut self, c: usize, r: usize, strand: StrandId, duration_ns: u64) {
        self.progress(c, r);
        let key = self.strands.get(strand).key;
        let sharing = self.sharing(c, r);
        let mark = sharing.work + duration_ns * TICKS;
        sharing.jobs.insert((mark, key, strand));
        sharing.marks.insert(strand, (mark, key));
        self.expect_first(c, r);
    }

    /// The event of a strand has come. False if its work shares processors and goes on.
    pub(super) fn shared_work_is_done(&mut self, strand: StrandId) -> bool {
        let (c, r) = self.place(strand);
        let Some(&(mark, key)) = self.sharing(c, r).marks.get(&strand) else { return true };
        self.progress(c, r);
        let sharing = self.sharing(c, r);
        sharing.expected.remove(&strand);
        let job = (mark, key, strand);
        let done = sharing.jobs.first() == Some(&job) && mark <= sharing.work;
        if done {
            sharing.jobs.remove(&job);
            sharing.marks.remove(&strand);
            if sharing.jobs.is_empty() {
                sharing.work = 0;
            }
        }
        self.expect_first(c, r);
        done
    }

    /// The speed of work at a replica has changed: all that was expected of it is wrong.
    pub(super) fn change_speed(&mut self, c: usize, r: usize) {
        for strand in std::mem::take(&mut self.sharing(c, r).expected) {
            self.strands.get(strand).wait = None;
        }
        self.expect_first(c, r);
    }

    /// The strand that ends first has an event.
    fn expect_first(&mut self, c: usize, r: usize) {
        let sharing = self.sharing(c, r);
        let Some(&(mark, _, strand)) = sharing.jobs.first() else { return };
        let left = mark.saturating_sub(sharing.work) as f64;
        let speed = self.speed(c, r);
        if speed > 0.0 && self.sharing(c, r).expected.insert(strand) {
            let wait_ns = ((left / speed).ceil() as u64).max(1);
            self.expect_work_end(strand, wait_ns);
        }
    }
}
