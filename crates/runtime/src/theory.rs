//! What a formula says of a station, to be set beside what a run found.

use serde::Serialize;

/// A prediction for a component. Times in seconds, shares in `0..=1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The component.
    #[serde(skip)]
    pub component: String,
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
    /// Beside a simulated mean sojourn time in seconds.
    #[must_use]
    pub fn beside(&self, sojourn_s: f64) -> Compared {
        Compared { prediction: self.clone(), sojourn_off: sojourn_s / self.sojourn_s.max(1e-12) - 1.0 }
    }
}
