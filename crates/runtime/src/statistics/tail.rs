//! Whether the tail of a distribution is too heavy for its mean to settle.
//!
//! Hill's estimator over the largest values: for a tail like `x^-α` it finds α. Below 2 the variance is infinite, and an
//! interval for the mean promises more than it keeps.

use sysdl_kernel::histogram::middle_ns;

/// Share of the values that count as the tail.
const TAIL: f64 = 0.01;
/// Fewest values in the tail.
const TAIL_LEAST: u64 = 200;

/// The exponent of the tail of a histogram's counts. `None` if there are too few values, or all are equal.
#[must_use]
pub fn exponent(counts: &[u32]) -> Option<f64> {
    let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    let wanted = (total as f64 * TAIL) as u64;
    if wanted < TAIL_LEAST {
        return None;
    }
    let (mut seen, mut logs) = (0u64, 0.0);
    for (bucket, &count) in counts.iter().enumerate().rev().filter(|(_, count)| **count > 0) {
        let log = (middle_ns(bucket as u32) as f64).ln();
        if seen + u64::from(count) > wanted {
            let mean_excess = (logs - seen as f64 * log) / seen.max(1) as f64;
            return (seen > 0 && mean_excess > 0.0).then(|| 1.0 / mean_excess);
        }
        seen += u64::from(count);
        logs += f64::from(count) * log;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use sysdl_kernel::histogram::{BUCKETS, bucket_of};

    fn histogram(value: impl Fn(f64) -> f64) -> Vec<u32> {
        let mut counts = vec![0; BUCKETS];
        for i in 0..100_000 {
            let u = (f64::from(i) + 0.5) / 100_000.0;
            counts[bucket_of(value(u) as u64) as usize] += 1;
        }
        counts
    }

    #[test]
    fn a_power_law_is_recognized_by_its_exponent() {
        for alpha in [1.2, 1.8, 3.0] {
            let found = exponent(&histogram(|u| 1e6 * u.powf(-1.0 / alpha))).expect("there are enough");
            assert!((found - alpha).abs() < 0.2 * alpha, "{alpha}: {found}");
        }
    }

    #[test]
    fn an_exponential_tail_is_light() {
        assert!(exponent(&histogram(|u| -1e6 * u.ln())).expect("there are enough") > 3.0);
        assert_eq!(exponent(&vec![0; BUCKETS]), None);
    }
}
