//! The edge between values at which what is expected holds and values at which it does not, by bisection.
//!
//! Before: two ends. After: the last value known to hold, the nearest known to fail, and, between them, perhaps one at which
//! all seeds that were allowed could not tell. A value that cannot be told does not hold.

use super::super::axis::{Stretch, written};
use super::super::probe::{self, Probe, Question, Seen};
use super::standing::{Judged, Standing, judge};
use rayon::prelude::*;
use sysdl::units::{self, Dimension};

/// Most values tried.
const PROBES_MAX: usize = 60;

/// How a search is made.
pub struct Plan<'q> {
    /// What is run.
    pub question: &'q Question,
    /// What is searched.
    pub path: String,
    /// Between which ends.
    pub ends: Stretch,
    /// How close what holds and what does not must come, relative to the larger.
    pub tolerance: f64,
    /// Seeds at first, and at most.
    pub seeds: [u64; 2],
}

/// A value that was tried.
#[derive(Clone, Debug)]
pub struct Tried {
    /// In base units.
    pub value: f64,
    /// As the command line would give it.
    pub text: String,
    /// Whether what is expected holds.
    pub standing: Standing,
    /// Each claim.
    pub claims: Vec<Judged>,
    /// Runs that ran out of room or events.
    pub stuck: usize,
    /// The runs.
    pub runs: Vec<Seen>,
}

/// Where the edge is.
#[derive(Clone, Debug)]
pub enum Edge {
    /// Both ends hold.
    All,
    /// Neither end holds.
    Nothing,
    /// Between two values: places in the list of what was tried.
    Between {
        /// The last that holds.
        holds: usize,
        /// The nearest that is not known to hold.
        next: usize,
        /// The nearest that is known to fail.
        fails: usize,
        /// What holds is below what fails.
        upwards: bool,
    },
}

/// What a search found.
pub struct Found {
    /// Values in the order in which they were tried.
    pub tried: Vec<Tried>,
    /// The edge. None if the user stopped the search.
    pub edge: Option<Edge>,
}

/// Searches.
pub fn search(plan: &Plan<'_>) -> Result<Found, u8> {
    let bar = probe::bar(2 * plan.seeds[0]);
    let ends = [plan.ends.low, plan.ends.high];
    let tried: Vec<Option<Tried>> = ends.par_iter().map(|&end| plan.attempt(end, &bar)).collect::<Result<_, u8>>()?;
    let mut found = Found { tried: tried.into_iter().flatten().collect(), edge: None };
    let [low, high] = found.tried.as_slice() else { return Ok(found) };
    let upwards = match (low.standing, high.standing) {
        (Standing::Holds, Standing::Holds) => {
            found.edge = Some(Edge::All);
            return Ok(found);
        }
        (Standing::Holds, _) => true,
        (_, Standing::Holds) => false,
        _ => {
            found.edge = Some(Edge::Nothing);
            return Ok(found);
        }
    };
    let (mut holds, mut next) = if upwards { (0, 1) } else { (1, 0) };
    while found.tried.len() < PROBES_MAX {
        let Some(middle) = plan.middle(found.tried[holds].value, found.tried[next].value) else { break };
        let Some(tried) = plan.attempt(middle, &bar)? else { return Ok(found) };
        let place = found.tried.len();
        if tried.standing == Standing::Holds {
            holds = place
        } else {
            next = place
        }
        found.tried.push(tried);
    }
    bar.finish_and_clear();
    let distance = |place: &usize| (found.tried[*place].value - found.tried[holds].value).abs();
    let known = (0..found.tried.len()).filter(|&place| found.tried[place].standing == Standing::Fails);
    let beyond = known.filter(|&place| (found.tried[place].value > found.tried[holds].value) == upwards);
    let fails = beyond.min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(next);
    found.edge = Some(Edge::Between { holds, next, fails, upwards });
    Ok(found)
}

impl Plan<'_> {
    /// A value between two, unless they are close enough.
    fn middle(&self, a: f64, b: f64) -> Option<f64> {
        let (low, high) = (a.min(b), a.max(b));
        let closest = if self.ends.dimension == Dimension::Count { 1.0 } else { 0.0 };
        if high - low <= (self.tolerance * high).max(closest) {
            return None;
        }
        // Far apart, factors count; close together it makes no difference.
        let middle = if low > 0.0 { (low * high).sqrt() } else { (low + high) / 2.0 };
        let inside = |value: f64| value > low + (high - low) * 0.1 && value < high - (high - low) * 0.1;
        if self.ends.dimension == Dimension::Count {
            return Some(middle.round().clamp(low + 1.0, high - 1.0));
        }
        // As few digits as separate it from both.
        let texts = (2..=6).map(|digits| units::rounded(middle, self.ends.dimension, digits));
        texts
            .filter_map(|text| units::read(&text))
            .map(|(value, _)| value)
            .find(|&value| inside(value))
            .or(Some(middle))
    }

    /// Tries a value, under more seeds as long as they cannot tell. None if the user stopped it.
    fn attempt(&self, value: f64, bar: &indicatif::ProgressBar) -> Result<Option<Tried>, u8> {
        let text = written(value, self.ends.dimension, 6);
        let probe = Probe::new(self.question, &[(self.path.clone(), text.clone())])?;
        bar.set_message(format!("{}={text}", self.path));
        let (mut runs, mut wanted) = (Vec::new(), self.seeds[0]);
        loop {
            let seeds = runs.len() as u64 + 1..=wanted;
            let more = seeds.into_par_iter().map(|seed| {
                let seen = probe.run(seed);
                bar.inc(1);
                seen
            });
            let more: Vec<Option<Seen>> = more.collect::<Result<_, u8>>()?;
            if more.iter().any(Option::is_none) {
                return Ok(None);
            }
            runs.extend(more.into_iter().flatten());
            let claims: Vec<Judged> =
                probe.claims.iter().enumerate().map(|(i, claim)| judge(claim, i, &runs)).collect();
            let stuck = runs.iter().filter(|run| !run.is_done()).count();
            let standing = overall(&claims, stuck);
            if standing != Standing::Unclear || wanted >= self.seeds[1] {
                return Ok(Some(Tried { value, text, standing, claims, stuck, runs }));
            }
            let before = wanted;
            wanted = (wanted * 2).min(self.seeds[1]);
            bar.inc_length(wanted - before);
        }
    }
}

/// All must hold; one that fails is enough to fail. A run without room for one more request fails whatever else holds.
fn overall(claims: &[Judged], stuck: usize) -> Standing {
    let has = |standing: Standing| claims.iter().any(|claim| claim.standing == standing);
    if stuck > 0 || has(Standing::Fails) {
        Standing::Fails
    } else if has(Standing::Unclear) {
        Standing::Unclear
    } else {
        Standing::Holds
    }
}
