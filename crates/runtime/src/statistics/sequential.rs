//! Running until an interval is narrow enough.
//!
//! The rule is that of Law (Simulation Modeling and Analysis, ch. 9) for a relative precision γ: after at least
//! [`LEAST`] replications, stop as soon as half the width of the interval is at most γ/(1 + γ) of the mean's size. The
//! smaller bound makes up for dividing by an estimate instead of the true mean. Seeds are 1, 2, 3 …, and the rule is asked
//! after every one in that order, so the answer does not depend on the number of cores.

use super::estimate;

/// Fewest replications: with fewer, the variance is too uncertain to stop by.
pub const LEAST: usize = 10;

/// How many of the replications, in the order of their seeds, are enough for a relative precision. `None`: more are needed.
#[must_use]
pub fn enough(values: &[f64], precision: f64) -> Option<usize> {
    let bound = precision / (1.0 + precision);
    (LEAST..=values.len()).find(|&count| estimate(&values[..count]).is_some_and(|found| found.relative() <= bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_equal_values_are_enough_and_nine_are_not() {
        assert_eq!(enough(&[4.0; 9], 0.02), None);
        assert_eq!(enough(&[4.0; 12], 0.02), Some(10));
    }

    #[test]
    fn values_that_vary_take_longer() {
        let values: Vec<f64> = (0..200).map(|i| if i % 2 == 0 { 9.0 } else { 11.0 }).collect();
        let found = enough(&values, 0.02).expect("they settle");
        // t · s / sqrt(n) ≤ 10 · 0.02/1.02, with s near 1.005 and t near 1.98.
        assert!((95..=120).contains(&found), "{found}");
        assert_eq!(enough(&values[..90], 0.02), None);
    }
}
