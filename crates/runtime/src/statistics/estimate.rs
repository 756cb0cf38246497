//! Means of replications and how far they can be trusted.

/// Quantiles of Student's t at 97.5 % for 1 to 30 degrees of freedom.
const T: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// A mean with the interval that holds the true mean with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Mean of the replications.
    pub mean: f64,
    /// Half the width of the interval; infinite for one replication.
    pub half_width: f64,
    /// Replications.
    pub count: usize,
}

impl Estimate {
    /// The interval.
    #[must_use]
    pub fn interval(&self) -> [f64; 2] {
        [self.mean - self.half_width, self.mean + self.half_width]
    }

    /// Half the width relative to the mean; infinite where the mean is 0 and the width is not.
    #[must_use]
    pub fn relative(&self) -> f64 {
        if self.half_width == 0.0 { 0.0 } else { self.half_width / self.mean.abs() }
    }
}

/// The difference of two systems under the same seeds, pair by pair: what varies in both alike cancels out.
#[must_use]
pub fn paired(with: &[f64], without: &[f64]) -> Option<Estimate> {
    let differences: Vec<f64> = with.iter().zip(without).map(|(a, b)| a - b).collect();
    estimate(&differences)
}

/// Estimates a mean from independent replications. `None` if there are none.
#[must_use]
pub fn estimate(values: &[f64]) -> Option<Estimate> {
    let count = values.len();
    if count == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / count as f64;
    if count == 1 {
        return Some(Estimate { mean, half_width: f64::INFINITY, count });
    }
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1) as f64;
    // Beyond 30 degrees of freedom, t is within 0.2 % of this.
    let freedom = count - 1;
    let t = T.get(freedom - 1).copied().unwrap_or(1.96 + 2.4 / freedom as f64);
    Some(Estimate { mean, half_width: t * (variance / count as f64).sqrt(), count })
}
