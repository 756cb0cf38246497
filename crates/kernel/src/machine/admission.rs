//! Admission: buckets of tokens by partition. A hot key empties its own, while others stay full.

use super::frames;
use super::keys::key_of_request;
use super::memory::{header, key_of, now, row};
use super::{gathering, sizes};
use crate::draw::{below, partition_of};
use crate::layout::{Admission, Bucket, NONE, Table};
use crate::outcome;

/// Takes a token for each message that the strand serves, or what they weigh: 1; if there are fewer, the strand is rate limited: 0.
#[unsafe(no_mangle)]
pub extern "C" fn k_admit(strand: u32, admission: u32) -> u32 {
    let admission: &Admission = row(header().admissions, admission);
    let partition = match key_of_request(strand) {
        NONE => below(key_of(strand), admission.partitions),
        key => partition_of(key, admission.partitions),
    };
    let bucket: &Bucket = row(Table { address: header().buckets, len: 0 }, admission.first + partition);
    let earned = (now() - bucket.counted_ns.get()) as f64 * admission.rate;
    let missing = (bucket.missing.get() - earned).max(0.0);
    bucket.counted_ns.set(now());
    let takes = if admission.by_weight == 1 { sizes::of_all(strand)[0] } else { gathering::count(strand) } as f64;
    let enough = missing + takes <= admission.burst;
    bucket.missing.set(if enough { missing + takes } else { missing });
    if !enough {
        frames::set_outcome(strand, outcome::RATE_LIMITED);
    }
    enough as u32
}
