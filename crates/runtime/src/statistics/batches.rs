//! What one steady run says of its own mean: batch means.
//!
//! The run is cut into [`BATCHES`] stretches of equal length. Their means are nearly independent if the stretches are
//! long against the time in which the system forgets; the autocorrelation of neighbors shows whether they are.

use super::{Estimate, estimate};

/// Stretches of a run (Schmeiser 1982 advises between 10 and 30).
pub const BATCHES: usize = 20;

/// A mean, its interval, and how much neighboring stretches have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchMeans {
    /// Mean of the stretches' means, with its interval.
    pub estimate: Estimate,
    /// Correlation of each stretch's mean with the next one's. Near 0 when stretches are independent.
    pub lag_one: f64,
}

/// Means of stretches from sums and counts by window. `None` if there are too few windows, or a stretch without a value.
#[must_use]
pub fn of(windows: &[(u64, u64)]) -> Option<BatchMeans> {
    let length = windows.len() / BATCHES;
    if length == 0 {
        return None;
    }
    // What does not fill a stretch is left out at the begin.
    let kept = &windows[windows.len() - length * BATCHES..];
    let means: Option<Vec<f64>> = kept
        .chunks_exact(length)
        .map(|stretch| {
            let (sum, count) = stretch.iter().fold((0u64, 0u64), |(s, c), &(sum, count)| (s + sum, c + count));
            (count > 0).then(|| sum as f64 / count as f64)
        })
        .collect();
    let means = means?;
    Some(BatchMeans { estimate: estimate(&means)?, lag_one: lag_one(&means) })
}

fn lag_one(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let shared: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if variance == 0.0 { 0.0 } else { shared / variance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_windows_have_their_mean_and_no_width() {
        let found = of(&[(30, 10); 45]).expect("there are enough");
        assert_eq!((found.estimate.mean, found.estimate.half_width, found.lag_one), (3.0, 0.0, 0.0));
        assert_eq!(of(&[(30, 10); 19]), None);
        assert_eq!(of(&[(0, 0); 40]), None);
    }

    #[test]
    fn a_drift_shows_as_correlation() {
        let drifting: Vec<(u64, u64)> = (0..100).map(|i| (i * 10, 10)).collect();
        assert!(of(&drifting).expect("there are enough").lag_one > 0.8);
    }
}
