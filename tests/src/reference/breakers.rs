//! Circuit breakers of edges.

use super::Engine;
use std::collections::VecDeque;
use sysdl_kernel::columns::edge;

/// What an edge remembers of its attempts.
#[derive(Default)]
pub(super) struct Breaker {
    state: State,
    /// Results that are judged, failures true.
    results: VecDeque<bool>,
    /// Begin of the window of time.
    since_ns: u64,
}

#[derive(Default, Clone, Copy)]
enum State {
    #[default]
    Closed,
    Open {
        until_ns: u64,
    },
    Probing {
        probe: u64,
        until_ns: u64,
    },
}

impl Engine<'_> {
    /// Whether an attempt may be sent.
    pub(super) fn breaker_lets_through(&mut self, edge: u32, visit_key: u64) -> bool {
        let open_ns = self.plan.edges.breaker_open_ns[edge as usize];
        let now = self.now;
        let breaker = &mut self.edges[edge as usize].breaker;
        match breaker.state {
            State::Closed => true,
            State::Open { until_ns } | State::Probing { until_ns, .. } if now < until_ns => {
                *self.windows.edge(edge, edge::REFUSED) += 1;
                false
            }
            _ => {
                breaker.state = State::Probing { probe: visit_key, until_ns: now + open_ns };
                true
            }
        }
    }

    /// Whether calls go through without being a probe.
    pub(super) fn breaker_is_closed(&self, edge: u32) -> bool {
        matches!(self.edges[edge as usize].breaker.state, State::Closed)
    }

    /// An attempt that was sent has its result.
    pub(super) fn breaker_learns(&mut self, edge: u32, visit_key: u64, failed: bool) {
        let (rows, row, now) = (&self.plan.edges, edge as usize, self.now);
        let open_ns = rows.breaker_open_ns[row];
        if open_ns == 0 {
            return;
        }
        let breaker = &mut self.edges[row].breaker;
        let opens = match breaker.state {
            State::Closed => {
                let window_ns = rows.breaker_window_ns[row];
                if window_ns > 0 && now - breaker.since_ns >= window_ns {
                    breaker.forget(now);
                }
                breaker.results.push_back(failed);
                if window_ns == 0 && breaker.results.len() > rows.breaker_count[row] as usize {
                    breaker.results.pop_front();
                }
                let total = breaker.results.len() as u64;
                let failures = breaker.results.iter().filter(|&&failed| failed).count() as u64;
                total >= u64::from(rows.breaker_least[row])
                    && failures * 65_536 >= total * u64::from(rows.breaker_trip[row])
            }
            State::Probing { probe, .. } if probe == visit_key => {
                if !failed {
                    breaker.forget(now);
                    breaker.state = State::Closed;
                }
                failed
            }
            _ => false,
        };
        if opens {
            breaker.forget(now);
            breaker.state = State::Open { until_ns: now + open_ns };
            *self.windows.edge(edge, edge::BREAKER_OPENS) += 1;
        }
    }
}

impl Breaker {
    fn forget(&mut self, now: u64) {
        self.results.clear();
        self.since_ns = now;
    }
}
