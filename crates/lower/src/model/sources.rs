//! Traffic.

use super::{Call, Count, Distribution};
use serde::{Deserialize, Serialize};

/// Where requests come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Name, unique among sources.
    pub name: String,
    /// How they come.
    pub arrivals: Arrivals,
    /// What they ask for: weights that sum to 1, one call each. All calls share one edge.
    pub mix: Vec<(f64, Call)>,
    /// How many come at each arrival of an open source; one if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Count>,
    /// Who arrives makes several requests, one after another. For open sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

/// What one who arrives does: asks, waits for the answer, thinks, asks again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// How many requests.
    pub requests: Count,
    /// Time between an answer and the next request.
    pub think: Distribution,
}

/// The arrival process of a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Arrivals {
    /// Independent of the system's answers.
    Open {
        /// Gaps between arrivals at unit rate.
        gaps: Gaps,
        /// Rate over time. Changing the rate stretches the same sequence of arrivals.
        rate: RateProfile,
    },
    /// A fixed population: think, ask, wait for the answer, think again.
    Closed {
        /// Population. Positive.
        users: u32,
        /// Time between an answer and the next request.
        think: Distribution,
    },
    /// By the clock: arrivals at `first_ns`, then one every `every_ns`. How many come is the source's batch.
    Cron {
        /// Time between arrivals in nanoseconds. Positive.
        every_ns: u64,
        /// The first, in nanoseconds.
        first_ns: u64,
        /// Who comes does so within this time, uniformly, in nanoseconds. Less than `every_ns`. 0: at once.
        spread_ns: u64,
    },
    /// At given instants.
    Trace {
        /// In nanoseconds, in order; two may be equal. At least one.
        instants: Vec<u64>,
        /// Begins anew when it is over; it is then as long as its last instant, which is positive.
        repeat: bool,
    },
}

/// Gaps of an open source at unit rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Gaps {
    /// Exponential: a Poisson process.
    Poisson,
    /// All equal.
    Constant,
    /// Independent, of a distribution with mean 1: a renewal process.
    Renewal(Distribution),
}

/// A rate in requests per second over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RateProfile {
    /// Always the same.
    Steady(f64),
    /// `peak` during the first `lasting_ns` of every period (the first burst begins one period in), `base` otherwise.
    Burst {
        /// Rate between bursts.
        base: f64,
        /// Rate during a burst.
        peak: f64,
        /// Period in nanoseconds.
        every_ns: u64,
        /// Length of a burst in nanoseconds, less than the period.
        lasting_ns: u64,
    },
    /// `first`, then another rate from each instant on; instants in nanoseconds, in order.
    Steps {
        /// Rate from the begin on.
        first: f64,
        /// Instants and rates.
        changes: Vec<(u64, f64)>,
    },
    /// `base`, and at times `peak`: a Markov-modulated Poisson process, when gaps are Poisson and both times exponential.
    Modulated {
        /// Rate at first, and between busy times.
        base: f64,
        /// Rate in busy times.
        peak: f64,
        /// How long it is calm.
        calm: Distribution,
        /// How long it is busy.
        busy: Distribution,
    },
    /// As [`RateProfile::Steps`], but many: one effect whose value changes.
    Track {
        /// Rate from the begin on.
        first: f64,
        /// Instants and rates.
        changes: Vec<(u64, f64)>,
        /// After which time it begins anew, with `first`, in nanoseconds; beyond the last instant. 0: never.
        period_ns: u64,
    },
    /// `mean + (peak - mean) · cos(2π (t - peak_at) / period)`, in steps of 1/288 of the period (five minutes of a day).
    Wave {
        /// Rate on average.
        mean: f64,
        /// Largest rate, at most twice the mean.
        peak: f64,
        /// Period in nanoseconds.
        period_ns: u64,
        /// When the rate is largest, in nanoseconds.
        peak_at_ns: u64,
    },
}
