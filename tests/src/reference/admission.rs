//! Admission: buckets of tokens by partition.

use super::Engine;
use super::program::Op;
use super::strands::StrandId;
use sysdl_kernel::draw::{below, partition_of};
use sysdl_kernel::outcome;
use sysdl_lower::plan::Plan;

/// A bucket of tokens, full at first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    missing: f64,
    counted_ns: u64,
}

/// Buckets of all admissions, by admission and partition.
pub(super) fn all(plan: &Plan) -> Vec<Vec<Bucket>> {
    plan.admissions.partitions.iter().map(|&count| vec![Bucket::default(); count as usize]).collect()
}

impl Engine<'_> {
    /// A strand takes a token; without one it fails. The operation behind.
    pub(super) fn admission(&mut self, strand: StrandId, op: Op) -> u32 {
        let (now, row) = (self.now, op.a as usize);
        let (rate, burst) = (self.plan.admissions.rate[row], self.plan.admissions.burst[row]);
        let partitions = self.plan.admissions.partitions[row];
        let takes = if self.plan.admissions.by_weight[row] == 1 {
            self.weights_of_all(strand).0
        } else {
            1 + self.others(strand).len() as u64
        } as f64;
        let asking = self.strands.get(strand);
        let partition = match asking.request_key {
            Some(key) => partition_of(key, partitions),
            None => below(asking.key, partitions),
        };
        let bucket = &mut self.admissions[row][partition as usize];
        bucket.missing = (bucket.missing - (now - bucket.counted_ns) as f64 * rate).max(0.0);
        bucket.counted_ns = now;
        if bucket.missing + takes > burst {
            asking.outcome = outcome::RATE_LIMITED;
            return op.alt;
        }
        bucket.missing += takes;
        op.next
    }
}
