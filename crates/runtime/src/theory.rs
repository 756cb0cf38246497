//! What a formula says of a station, to be set beside what a run found.

use serde::Serialize;

/// Standard deviations of a Poisson count that are taken for chance.
const SIGMAS: f64 = 5.0;
/// Part of the arrivals that may be more or fewer all the same.
const OFF: f64 = 0.02;
/// Part of the visits that may end in other ways than the formulas know.
pub(crate) const ODD: f64 = 0.001;

/// A prediction for a component. Times in seconds, shares in `0..=1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The component.
    #[serde(skip)]
    pub component: String,
    /// Arrivals per second that it is reckoned with.
    #[serde(skip)]
    pub arrivals_rps: f64,
    /// Name of the formula: `M/M/4 (Erlang C)`.
    pub formula: String,
    /// Whether its assumptions hold exactly; if not, arrivals are only nearly Poisson.
    pub exact: bool,
    /// Busy share of the servers; null where there are as many as needed.
    pub utilization: Option<f64>,
    /// Mean waiting time of those that are served.
    pub waiting_s: f64,
    /// Mean sojourn time of those that are served.
    pub sojourn_s: f64,
    /// Share of arrivals that find no place.
    pub rejected: f64,
}

/// A prediction beside the simulated value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// What the formula says.
    #[serde(flatten)]
    pub prediction: Prediction,
    /// Simulated mean sojourn time over the predicted one, less 1.
    pub sojourn_off: f64,
}

impl Prediction {
    /// Whether so many arrivals in so many seconds are those that it is reckoned with: what is lost, refused, retried or
    /// held back before the station makes them others.
    #[must_use]
    pub fn expects(&self, arrivals: u64, seconds: f64) -> bool {
        let expected = self.arrivals_rps * seconds;
        (arrivals as f64 - expected).abs() <= (SIGMAS * expected.sqrt()).max(OFF * expected)
    }

    /// Beside a simulated mean sojourn time in seconds.
    #[must_use]
    pub fn beside(&self, sojourn_s: f64) -> Compared {
        Compared { prediction: self.clone(), sojourn_off: sojourn_s / self.sojourn_s.max(1e-12) - 1.0 }
    }
}
