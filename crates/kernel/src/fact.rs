//! Hashes of facts, added up.
//!
//! A sum does not depend on the order of its terms, so engines that find the same facts in another
//! order agree. Each fact is four words; what they mean is said by the constructors below.

use crate::draw::mix;

/// A sum of hashes modulo 2^128.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Digest {
    /// Low 64 bits.
    pub lo: u64,
    /// High 64 bits.
    pub hi: u64,
}

impl Digest {
    /// Adds the hash of one fact.
    #[inline]
    pub fn add(&mut self, hash: Digest) {
        let (lo, carry) = self.lo.overflowing_add(hash.lo);
        self.lo = lo;
        self.hi = self.hi.wrapping_add(hash.hi).wrapping_add(carry as u64);
    }
}

/// Hash of a fact of four words: two linear forms of them, each mixed. The forms are independent, so that a
/// collision of one half is no collision of the other; and since they are mixed, sums of several tell as much as one.
#[inline]
#[must_use]
pub fn hash(words: [u64; 4]) -> Digest {
    const LO: [u64; 3] = [0xA24B_AED4_963E_E407, 0x9FB2_1C65_1E98_DF25, 0xC2B2_AE3D_27D4_EB4F];
    const HI: [u64; 3] = [0x1656_67B1_9E37_79F9, 0xD6E8_FEB8_6659_FD93, 0x9E6C_63D0_876A_68EF];
    let [a, b, c, d] = words;
    let form = |first: u64, rest: [u64; 3], by: [u64; 3]| {
        rest.iter().zip(by).fold(first, |sum, (word, factor)| sum.wrapping_add(word.wrapping_mul(factor)))
    };
    Digest { lo: mix(form(a, [b, c, d], LO)), hi: mix(form(d, [a, b, c], HI)) }
}

/// A request got its answer (or its user left). `attempts` counts those of the source's own call.
#[inline]
#[must_use]
pub fn request(key: u64, flow_hash: u64, outcome: u32, attempts: u32, start_ns: u64, end_ns: u64) -> Digest {
    hash([key, request_code(flow_hash, outcome, attempts), start_ns, end_ns])
}

/// The second word of that fact.
#[inline]
#[must_use]
pub const fn request_code(flow_hash: u64, outcome: u32, attempts: u32) -> u64 {
    flow_hash.wrapping_add(((attempts as u64) << 8) | outcome as u64)
}

/// An effect changed. `value` counts only while active.
#[inline]
#[must_use]
pub fn effect(effect_hash: u64, at_ns: u64, active: bool, value: f64) -> Digest {
    hash([effect_hash, at_ns, active as u64, if active { value.to_bits() } else { 0 }])
}

/// An edge stops sending to a replica, or the reason is over: `why` 0 attempts failed.
#[inline]
#[must_use]
pub fn peer(edge_hash: u64, at_ns: u64, replica: u32, why: u32, out: bool) -> Digest {
    hash([edge_hash, at_ns, (1 << 62) | ((why as u64) << 32) | replica as u64, out as u64])
}

/// A group has begun to assign its partitions anew, or is done with it.
#[inline]
#[must_use]
pub fn rebalance(component_hash: u64, at_ns: u64, over: bool, moved: u64) -> Digest {
    hash([component_hash, at_ns, (1 << 62) | over as u64, moved])
}

/// What a transition is of, in its fact.
pub mod transition {
    /// A component is to have another number of replicas.
    pub const SCALED: u32 = 2;
    /// Partitions of logs have other leaders, or none.
    pub const LED_ANEW: u32 = 20;
    /// A component has lost its leader: which, and why.
    pub const LEADER_LOST: u32 = 21;
    /// A replica asks for votes: which, in which term.
    pub const CANDIDATE: u32 = 22;
    /// It leads from now on: which, in which term.
    pub const ELECTED: u32 = 23;
}

/// A component changed: `what` is one of [`transition`], `a` and `b` say how.
#[inline]
#[must_use]
pub fn changed(component_hash: u64, at_ns: u64, what: u32, a: u32, b: u32) -> Digest {
    hash([component_hash, at_ns, (1 << 62) | what as u64, ((a as u64) << 32) | b as u64])
}

/// A non-zero cell of a closed window: `family` 0 component, 1 edge, 2 flow, 3 subscription, 4 replica; `window` from 0.
#[inline]
#[must_use]
pub fn cell(entity_hash: u64, family: u32, window: u64, column: u32, value: u64) -> Digest {
    hash([entity_hash, window, ((family as u64) << 32) | column as u64, value])
}

/// A non-zero histogram bucket of a closed window: `kind` 0 sojourn, 1 waiting, 2 response, 3 call, 4 good attempt, 5 rounds, 6 end to end, 7 sojourn at a replica.
#[inline]
#[must_use]
pub fn bucket(entity_hash: u64, kind: u32, window: u64, bucket: u32, count: u32) -> Digest {
    hash([entity_hash, window, (1 << 63) | ((kind as u64) << 32) | bucket as u64, count as u64])
}
