//! Buckets of durations: exact below 128 ns, then 128 per octave, up to 2^44 ns (4.9 h).
//!
//! A bucket is at most 1/128 of its value wide, so a percentile read at its middle is off by at
//! most 0.4 %. Longer durations count in the last bucket.

const SUB_BITS: u32 = 7;
const SUB: u64 = 1 << SUB_BITS;
const TOP_BIT: u32 = 43;

/// Number of buckets.
pub const BUCKETS: usize = ((TOP_BIT - SUB_BITS + 2) as usize) << SUB_BITS;

/// Bucket of a duration.
#[inline]
#[must_use]
pub fn bucket_of(ns: u64) -> u32 {
    let v = if ns >> (TOP_BIT + 1) == 0 { ns } else { (1 << (TOP_BIT + 1)) - 1 };
    if v < SUB {
        return v as u32;
    }
    let shift = 63 - v.leading_zeros() - SUB_BITS;
    (shift << SUB_BITS) + (v >> shift) as u32
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
