//! Since when a run has been steady: MSER-5 (White 1997).
//!
//! The series is averaged in batches of five. The cut is the first that leaves about the smallest standard error of what
//! follows; a cut in the second half means that the run is too short to tell.

/// Values of a batch.
const BATCH: usize = 5;
/// An earlier cut is as good as the best one if its error is larger by no more than this.
const AS_GOOD: f64 = 1.1;
/// Fewest batches that say anything.
const BATCHES_LEAST: usize = 8;

/// What a series says of its own begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Steady from this value of the series on.
    From(usize),
    /// Never for long enough to tell.
    Unsettled,
    /// Too short a series.
    Short,
}

/// Since when a series is steady.
#[must_use]
pub fn find(values: &[f64]) -> Begin {
    let batches: Vec<f64> = values.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let count = batches.len();
    if count < BATCHES_LEAST {
        return Begin::Short;
    }
    let score = |cut: usize| {
        let rest = &batches[cut..];
        let mean = rest.iter().sum::<f64>() / rest.len() as f64;
        let squares: f64 = rest.iter().map(|value| (value - mean).powi(2)).sum();
        squares / (rest.len() as f64).powi(2)
    };
    // The last batches are left out: a few equal values at the end would win by chance.
    let cuts = 0..count - BATCHES_LEAST / 2;
    let least = cuts.clone().map(score).fold(f64::INFINITY, f64::min);
    let best = cuts.into_iter().find(|&cut| score(cut) <= AS_GOOD * least).unwrap_or(0);
    if best > count / 2 { Begin::Unsettled } else { Begin::From(best * BATCH) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_climb_is_cut_off_and_a_steady_series_is_not() {
        let noise = |i: usize| ((i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / f64::from(1 << 24);
        let steady: Vec<f64> = (0..200).map(|i| 5.0 + noise(i)).collect();
        assert_eq!(find(&steady), Begin::From(0));
        let climbing: Vec<f64> = (0..200).map(|i| 5.0 * (1.0 - (-(i as f64) / 10.0).exp()) + noise(i)).collect();
        let Begin::From(cut) = find(&climbing) else { panic!("{:?}", find(&climbing)) };
        assert!((20..=70).contains(&cut), "{cut}");
    }

    #[test]
    fn what_grows_for_ever_never_settles() {
        let growing: Vec<f64> = (0..200).map(|i| i as f64).collect();
        assert_eq!(find(&growing), Begin::Unsettled);
        assert_eq!(find(&growing[..20]), Begin::Short);
    }
}
