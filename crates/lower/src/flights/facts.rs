//! What a flight amounts to: what the machine would have counted on the way.
//!
//! All of it is linear in the flight's variables, except maxima and histograms. So the generated code keeps, of all flights
//! that ended alike, their number, the sum of each variable and the longest of each time; the machine makes counters of
//! them when somebody looks.

use super::{Flight, Flights, Form, Happening, Var};
use crate::plan::Plan;
use std::collections::BTreeMap;
use sysdl_kernel::columns::{component, edge, edges_at, flow, flows_at, histograms};
use sysdl_kernel::layout::{Gain, Peak};

/// A linear sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sum {
    constant: u64,
    terms: BTreeMap<Var, u64>,
}

impl Sum {
    fn add(&mut self, form: &Form) {
        self.constant += form.constant;
        for &var in &form.terms {
            *self.terms.entry(var).or_default() += 1;
        }
    }
}

/// Counters of happenings.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// By word of the row block.
    sums: BTreeMap<u32, Sum>,
    /// Maxima, by word.
    raises: Vec<(u32, Form)>,
    /// Times that histograms count.
    observed: Vec<(u32, Form)>,
}

impl Facts {
    /// Those of some happenings.
    fn of(plan: &Plan, happened: &[Happening]) -> Self {
        let mut facts = Self::default();
        for one in happened {
            facts.note(plan, one);
        }
        facts
    }

    fn note(&mut self, plan: &Plan, happening: &Happening) {
        let once = Form { terms: Vec::new(), constant: 1 };
        match happening {
            &Happening::Begins { flow: f } => self.add(flow_word(plan, f, flow::REQUESTS), &once),
            &Happening::Calls { edge: e } => {
                self.add(edge_word(plan, e, edge::CALLS), &once);
                self.add(edge_word(plan, e, edge::ATTEMPTS), &once);
            }
            &Happening::Arrives { component: c } => self.add(word(c, component::ARRIVALS), &once),
            &Happening::Starts { component: c } => self.add(word(c, component::STARTS), &once),
            Happening::Works { component: c, took } => {
                self.add(word(*c, component::STARTS), &once);
                self.served(*c, &once, took);
            }
            &Happening::LooksUp { component: c, hit } => {
                self.add(word(c, if hit { component::HITS } else { component::MISSES }), &once);
            }
            Happening::Ends { component: c, held, took } => {
                if let Some(held) = held {
                    self.served(*c, &once, held);
                }
                self.add(word(*c, component::of_outcome(0)), &once);
                self.add(word(*c, component::SOJOURN_NS), took);
                self.add(word(*c, component::PRESENT_NS), took);
                self.observed.push((histograms::sojourn(*c), took.clone()));
            }
            Happening::Answered { edge: e, took } => {
                self.add(edge_word(plan, *e, edge::OK), &once);
                self.add(edge_word(plan, *e, edge::LATENCY_NS), took);
                self.raises.push((edge_word(plan, *e, edge::LATENCY_MAX_NS), took.clone()));
            }
        }
    }

    fn served(&mut self, c: u32, once: &Form, took: &Form) {
        self.add(word(c, component::SERVED), once);
        self.add(word(c, component::SERVICE_NS), took);
        self.add(word(c, component::BUSY_NS), took);
    }

    fn add(&mut self, word: u32, form: &Form) {
        self.sums.entry(word).or_default().add(form);
    }
}

fn word(c: u32, column: usize) -> u32 {
    c * component::COUNT as u32 + column as u32
}

fn edge_word(plan: &Plan, e: u32, column: usize) -> u32 {
    (edges_at(plan.components.name.len()) + e as usize * edge::COUNT + column) as u32
}

fn flow_word(plan: &Plan, f: u32, column: usize) -> u32 {
    (flows_at(plan.components.name.len(), plan.edges.name.len()) + f as usize * flow::COUNT + column) as u32
}

/// Where the sums of a leaf are, among all of them.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// How many flights ended there; behind it how many of them too late, if any can be.
    pub(crate) count: u32,
    /// Longest good response in nanoseconds, 0: any.
    pub(crate) good_within_ns: u64,
    /// Sums of variables.
    pub(crate) sums: Vec<(Var, u32)>,
    /// Longest of times that differ by a constant: the variables, and where it is.
    pub(crate) tops: Vec<(Vec<Var>, u32)>,
    /// Histograms that count a time.
    pub(crate) observed: Vec<(u32, Form)>,
}

/// The sums of all leaves, and what is made of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaves {
    /// By flight, then by leaf.
    pub(crate) leaves: Vec<Vec<Leaf>>,
    pub(crate) gains: Vec<Gain>,
    pub(crate) peaks: Vec<Peak>,
    /// How many sums there are.
    pub(crate) len: u32,
}

impl Leaves {
    /// Gives every sum a place.
    pub(crate) fn of(plan: &Plan, flights: &Flights) -> Self {
        let mut all = Self::default();
        for flight in &flights.flights {
            let leaves = (0..flight.leaves.len()).map(|leaf| all.leaf(plan, flight, leaf)).collect();
            all.leaves.push(leaves);
        }
        all
    }

    fn place(&mut self) -> u32 {
        self.len += 1;
        self.len - 1
    }

    fn leaf(&mut self, plan: &Plan, flight: &Flight, leaf: usize) -> Leaf {
        let super::Leaf { flow: f, end, happened } = &flight.leaves[leaf];
        let good_within_ns = plan.flows.good_within_ns[*f as usize];
        let response = end.since(&flight.points[0].at);
        let mut facts = Facts::of(plan, happened);
        let one = Form { terms: Vec::new(), constant: 1 };
        let well = flow_word(plan, *f, flow::of_outcome(0));
        facts.add(well, &one);
        facts.add(flow_word(plan, *f, flow::ATTEMPTS), &one);
        facts.add(flow_word(plan, *f, flow::RESPONSE_NS), &response);
        facts.raises.push((flow_word(plan, *f, flow::RESPONSE_MAX_NS), response.clone()));
        facts.observed.push((histograms::response(plan.components.name.len() as u32, *f), response));

        let count = self.place();
        if good_within_ns > 0 {
            let late = self.place();
            self.gains.push(Gain { factor: 1u64.wrapping_neg(), sum: late, word: well });
            self.gains.push(Gain { factor: 1, sum: late, word: flow_word(plan, *f, flow::LATE) });
        }
        let mut sums: BTreeMap<Var, u32> = BTreeMap::new();
        for (&word, sum) in &facts.sums {
            if sum.constant > 0 {
                self.gains.push(Gain { factor: sum.constant, sum: count, word });
            }
            for (&var, &factor) in &sum.terms {
                let place = *sums.entry(var).or_insert_with(|| self.place());
                self.gains.push(Gain { factor, sum: place, word });
            }
        }
        let mut tops: Vec<(Vec<Var>, u32)> = Vec::new();
        let raises = facts.raises.iter().map(|(of, form)| (*of, form, 0));
        for (of, form, counts) in raises.chain(facts.observed.iter().map(|(of, form)| (*of, form, 1))) {
            let known = tops.iter().find(|(terms, _)| *terms == form.terms).map(|top| top.1);
            let top = known.unwrap_or_else(|| {
                let place = self.place();
                tops.push((form.terms.clone(), place));
                place
            });
            self.peaks.push(Peak { offset_ns: form.constant, count, top, of, counts });
        }
        Leaf { count, good_within_ns, sums: sums.into_iter().collect(), tops, observed: facts.observed }
    }
}
