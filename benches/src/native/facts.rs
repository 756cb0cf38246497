//! How columns and histograms of a window become facts.

use sysdl_kernel::fact::{self, Digest};
use sysdl_kernel::histogram::{BUCKETS, middle_ns};

/// Facts of what is not 0.
pub trait Nonzero {
    /// Adds a fact, unless it is of 0.
    fn add_nonzero(&mut self, value: u64, fact: impl FnOnce(u64) -> Digest);
}

impl Nonzero for Digest {
    #[inline(always)]
    fn add_nonzero(&mut self, value: u64, fact: impl FnOnce(u64) -> Digest) {
        if value != 0 {
            self.add(fact(value));
        }
    }
}

/// Facts of a row, which is empty then.
pub fn cells(facts: &mut Digest, row: &mut [u64], hash: u64, family: u32, window: u64) {
    for (column, value) in row.iter_mut().enumerate() {
        let value = core::mem::take(value);
        facts.add_nonzero(value, |value| fact::cell(hash, family, window, column as u32, value));
    }
}

/// Facts of a histogram, which is empty then.
pub fn buckets(facts: &mut Digest, histogram: &mut [u32; BUCKETS], hash: u64, kind: u32, window: u64) {
    for (bucket, count) in histogram.iter_mut().enumerate() {
        let count = core::mem::take(count);
        facts.add_nonzero(count as u64, |n| fact::bucket(hash, kind, window, bucket as u32, n as u32));
    }
}

/// The median, the 95th and the 99th percentile in nanoseconds.
pub fn quantiles(histogram: &[u32; BUCKETS], cells: &mut [u64]) {
    let total: u64 = histogram.iter().map(|&count| count as u64).sum();
    let ranks = [50, 95, 99].map(|percent| (total * percent).div_ceil(100).max(1));
    let (mut seen, mut next) = (0, 0);
    for (bucket, &count) in histogram.iter().enumerate() {
        seen += count as u64;
        while next < 3 && seen >= ranks[next] {
            cells[next] = middle_ns(bucket as u32);
            next += 1;
        }
    }
}
