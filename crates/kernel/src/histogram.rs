//! Buckets of durations: exact below 128 ns, then 128 per octave, up to 2^44 ns (4.9 h).
//!
//! A bucket is at most 1/128 of its value wide, so a percentile read at its middle is off by at
//! most 0.4 %. Longer durations count in the last bucket.

const SUB_BITS: u32 = 7;
const SUB: u64 = 1 << SUB_BITS;
const TOP_BIT: u32 = 43;

/// Number of buckets.
pub const BUCKETS: usize = ((TOP_BIT - SUB_BITS + 2) as usize) << SUB_BITS;

/// Longest duration that does not count for a shorter one.
pub const DISTINCT_NS: u64 = (1 << (TOP_BIT + 1)) - 1;

/// Bucket of a duration.
#[inline]
#[must_use]
pub fn bucket_of(ns: u64) -> u32 {
    bucket_below(ns.min(DISTINCT_NS))
}

/// Bucket of a duration that is no longer than [`DISTINCT_NS`].
#[inline]
#[must_use]
pub fn bucket_below(ns: u64) -> u32 {
    // What is below one octave of buckets is in the first of them: its bucket is the duration itself.
    let shift = 63 - SUB_BITS - (ns | SUB).leading_zeros();
    (shift << SUB_BITS) + (ns >> shift) as u32
}

/// Smallest duration in a bucket.
#[must_use]
pub fn lower_ns(bucket: u32) -> u64 {
    let octave = bucket >> SUB_BITS;
    if octave == 0 {
        return bucket as u64;
    }
    let shift = octave - 1;
    (SUB + (bucket as u64 & (SUB - 1))) << shift
}

/// Middle of a bucket, the value that stands for all in it.
#[must_use]
pub fn middle_ns(bucket: u32) -> u64 {
    let octave = bucket >> SUB_BITS;
    if octave <= 1 { lower_ns(bucket) } else { lower_ns(bucket) + (1 << (octave - 2)) }
}

/// The middles of all buckets as stretches in which each is as far from the one before: the first bucket of a stretch, its
/// middle, and how far they are apart.
pub fn stretches() -> impl Iterator<Item = (u32, u64, u64)> {
    let octaves = 1..=(BUCKETS as u32 - 1) >> SUB_BITS;
    octaves.map(|octave| {
        // What is exact is one stretch, two octaves long.
        let first = if octave == 1 { 0 } else { octave << SUB_BITS };
        (first, middle_ns(first), middle_ns(first + 1) - middle_ns(first))
    })
}

/// The smallest bucket at or below which `per_100k` hundred-thousandths of the counts lie, as its
/// middle; 0 when there are none. Rank is rounded up: p50 of two values is the first.
#[must_use]
pub fn quantile_ns(counts: &[u32], total: u64, per_100k: u64) -> u64 {
    if total == 0 {
        return 0;
    }
    let rank = (total * per_100k).div_ceil(100_000).max(1);
    let mut seen = 0u64;
    for (bucket, &count) in counts.iter().enumerate() {
        seen += count as u64;
        if seen >= rank {
            return middle_ns(bucket as u32);
        }
    }
    middle_ns(BUCKETS as u32 - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_hold_every_middle() {
        for bucket in 0..BUCKETS as u32 {
            let (first, middle, apart) = stretches().filter(|(first, ..)| *first <= bucket).last().unwrap();
            assert_eq!(middle + (bucket - first) as u64 * apart, middle_ns(bucket), "{bucket}");
        }
    }

    #[test]
    fn a_duration_is_in_the_bucket_that_begins_at_or_before_it() {
        let around = |ns: u64| [ns.saturating_sub(1), ns, ns + 1];
        let powers = (0..=TOP_BIT + 2).flat_map(|bit| around(1 << bit)).chain((0..4 * SUB).flat_map(around));
        for ns in powers {
            let (bucket, counted) = (bucket_of(ns), ns.min(DISTINCT_NS));
            assert!(lower_ns(bucket) <= counted, "{ns} is in {bucket}");
            assert!(bucket + 1 == BUCKETS as u32 || counted < lower_ns(bucket + 1), "{ns} is in {bucket}");
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS as u32 - 1);
    }
}
