//! Replicas that come and go, and what decides how many there are.

use super::Engine;
use super::calendar::Event;
use super::stations::Station;
use sysdl_kernel::fact::{self, transition};
use sysdl_lower::plan::Plan;

/// Where a replica is between absent and in service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Absent,
    Starting {
        ready_ns: u64,
    },
    InService,
}

/// What an autoscaler remembers.
pub(super) struct Scaler {
    /// Totals of numerator and denominator when it decided last.
    before: [u64; 2],
    /// What it found right so far.
    advised: Vec<u32>,
}

/// Autoscalers as they are at the begin of a run: as if the initial number had always been right.
pub(super) fn scalers(plan: &Plan) -> Vec<Scaler> {
    let rows = &plan.autoscalers;
    let scaler = |i: usize| Scaler {
        before: [0, 0],
        advised: vec![plan.fleets.initial[rows.fleet[i] as usize]; rows.recommendations[i] as usize],
    };
    (0..rows.fleet.len()).map(scaler).collect()
}

impl Station {
    /// Replicas that take new work and are up.
    pub(super) fn serving(&self) -> u64 {
        self.replicas.iter().filter(|replica| replica.up && replica.takes()).count() as u64
    }

    /// Replicas that there are.
    pub(super) fn deployed(&self) -> u64 {
        self.replicas.iter().filter(|replica| replica.phase != Phase::Absent || replica.holds()).count() as u64
    }
}

impl Engine<'_> {
    /// Another number of replicas is to be in service.
    pub(super) fn resize(&mut self, c: usize, wanted: u32) {
        let to = wanted.min(self.plan.components.replicas[c]);
        let from = self.stations[c].wanted.replace(to).expect("its replicas come and go");
        if from == to {
            return;
        }
        let hash = self.plan.components.hash[c];
        self.windows.fact(Some(c), fact::changed(hash, self.now, transition::SCALED, from, to));
        for _ in from..to {
            self.add_replica(c);
        }
        for _ in to..from {
            let replicas = &mut self.stations[c].replicas;
            let starts = replicas.iter().rposition(|replica| matches!(replica.phase, Phase::Starting { .. }));
            let last = starts.or_else(|| replicas.iter().rposition(|replica| replica.phase == Phase::InService));
            let last = last.expect("there are as many as were wanted");
            replicas[last].phase = Phase::Absent;
            self.membership(c, last);
        }
    }

    /// One that still drains comes back; otherwise the first that is absent starts.
    fn add_replica(&mut self, c: usize) {
        let startup_ns = self.startup_ns(c);
        let absent = |replica: &super::stations::Replica| replica.phase == Phase::Absent;
        let replicas = &self.stations[c].replicas;
        let drains = replicas.iter().position(|replica| absent(replica) && replica.holds());
        let r = drains.or_else(|| replicas.iter().position(absent)).expect("there is room for one more");
        if drains.is_some() || startup_ns == 0 {
            return self.put_in_service(c, r);
        }
        let ready_ns = self.now + startup_ns;
        self.stations[c].replicas[r].phase = Phase::Starting { ready_ns };
        let key = (1 << 34) + u64::from(self.plan.components.first_replica[c]) + r as u64;
        self.calendar.push(ready_ns, key, Event::Ready { component: c, replica: r });
    }

    /// A replica that started may be ready.
    pub(super) fn ready(&mut self, c: usize, r: usize) {
        if self.stations[c].replicas[r].phase == (Phase::Starting { ready_ns: self.now }) {
            self.put_in_service(c, r);
        }
    }

    fn put_in_service(&mut self, c: usize, r: usize) {
        self.stations[c].replicas[r].phase = Phase::InService;
        self.membership(c, r);
        self.take_from_queue(c, r);
    }

    /// A replica is to drain, or no longer.
    pub(super) fn change_draining(&mut self, c: usize, r: usize, drains: bool) {
        self.stations[c].replicas[r].draining = drains;
        self.membership(c, r);
        self.take_from_queue(c, r);
    }

    /// A window has closed: autoscalers whose time it is decide.
    pub(super) fn control(&mut self) {
        for i in 0..self.scalers.len() {
            let rows = &self.plan.autoscalers;
            let c = self.plan.fleets.component[rows.fleet[i] as usize] as usize;
            if self.windows.closed().is_multiple_of(rows.every_windows[i] as usize) && !self.is_stuck(c) {
                self.decide(i);
            }
        }
    }

    fn decide(&mut self, i: usize) {
        let rows = &self.plan.autoscalers;
        let c = self.plan.fleets.component[rows.fleet[i] as usize] as usize;
        let totals = rows.columns[i].map(|column| self.windows.total(c, column));
        let before = std::mem::replace(&mut self.scalers[i].before, totals);
        let measured = u128::from(totals[0] - before[0]) * u128::from(rows.factor[i]);
        let per = u128::from(totals[1] - before[1]);
        let current = self.stations[c].wanted.expect("its replicas come and go");
        let ready = self.stations[c].serving() as u32;
        let advised = if per == 0 || ready == 0 {
            current
        } else if rows.steps[i].is_empty() {
            track(measured, per * u128::from(rows.target[i]), rows.tolerance[i], ready, current)
        } else {
            step(&rows.steps[i], measured, per, ready, current)
        };
        let advised = advised.max(rows.least[i]).min(rows.most[i]);
        let recent = &mut self.scalers[i].advised;
        let held = recent.iter().copied().max().unwrap_or(0).max(advised).min(current);
        if !recent.is_empty() {
            recent.remove(0);
            recent.push(advised);
        }
        self.resize(c, if advised < current { held } else { advised });
    }
}

/// Kubernetes: replicas that are not ready are left out, unless there is too much load; then they have none.
fn track(measured: u128, target: u128, tolerance: u32, ready: u32, current: u32) -> u32 {
    let within = |a: u128, b: u128| a.abs_diff(b) * 1000 <= b * u128::from(tolerance);
    let [ready_wide, current_wide] = [ready, current].map(u128::from);
    let proportional = (measured * ready_wide).div_ceil(target).min(u128::from(u32::MAX)) as u32;
    if measured <= target || ready >= current {
        return if within(measured, target) { current } else { proportional };
    }
    if within(measured * ready_wide, target * current_wide) { current } else { proportional.max(current) }
}

/// The outermost bound that is passed decides.
fn step(steps: &[(bool, u64, u32)], measured: u128, per: u128, ready: u32, current: u32) -> u32 {
    let up = steps.iter().filter(|(above, bound, _)| *above && measured > per * u128::from(*bound));
    if let Some((_, _, by)) = up.max_by_key(|(_, bound, _)| *bound) {
        return (ready + by).max(current);
    }
    let down = steps.iter().filter(|(above, bound, _)| !*above && measured < per * u128::from(*bound));
    match down.min_by_key(|(_, bound, _)| *bound) {
        Some((_, _, by)) if ready >= current => ready.saturating_sub(*by),
        _ => current,
    }
}
