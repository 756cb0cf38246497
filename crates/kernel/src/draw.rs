//! Keyed draws: a random word is a pure function of what it is for.
//!
//! A stream would make every draw depend on how many came before it. Keys make the order of
//! evaluation irrelevant: adding a component moves no draw of another, and a run with a fault shares
//! its random numbers with the run without.

use rand_core::{Infallible, TryRng};

/// 2^64 / golden ratio: the increment of splitmix64, and what numbers siblings.
pub const PHI: u64 = 0x9E37_79B9_7F4A_7C15;
/// A second odd constant, for a second numbering.
pub const PSI: u64 = 0xD1B5_4A32_D192_ED03;

/// Finalizer of splitmix64: a bijection in which every input bit reaches every output bit.
#[inline(always)]
#[must_use]
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The `n`-th child of a key.
#[inline(always)]
#[must_use]
pub const fn nth(key: u64, n: u64) -> u64 {
    mix(key.wrapping_add(n.wrapping_add(1).wrapping_mul(PHI)))
}

/// Key of a source under a seed.
#[must_use]
pub const fn source_key(seed: u64, source_hash: u64) -> u64 {
    mix(seed ^ mix(source_hash))
}

/// Key of a closed user's request.
#[must_use]
pub const fn user_key(source_key: u64, user: u64, cycle: u64) -> u64 {
    part_key(nth(source_key, user), cycle)
}

/// Key of a part of what a key stands for: one of those that arrive together, a request of a session, an attempt.
#[must_use]
pub const fn part_key(key: u64, number: u64) -> u64 {
    mix(key.wrapping_add(number.wrapping_add(1).wrapping_mul(PSI)))
}

/// Key of what a step names: a call, a branch.
#[inline(always)]
#[must_use]
pub const fn step_key(key: u64, path: u64) -> u64 {
    mix(key ^ path)
}

/// Key of the `n`-th attempt of a call, or of what else is sent for it: the first has the call's own.
#[inline(always)]
#[must_use]
pub const fn attempt_key(call_key: u64, n: u64) -> u64 {
    if n == 0 { call_key } else { part_key(call_key, n - 1) }
}

/// The random word of a step.
#[inline(always)]
#[must_use]
pub const fn step_draw(key: u64, path: u64) -> u64 {
    mix((key ^ path).wrapping_add(PHI))
}

/// Purpose of drawing the key that a call is about, from the call's key.
pub const KEY_OF_REQUEST: u64 = name_hash("key of request");

/// Purpose of that key being the most popular one, whatever else it would be.
pub const HOT_KEY: u64 = name_hash("hot key");

/// The random word of a key for a purpose.
#[inline(always)]
#[must_use]
pub const fn draw(key: u64, purpose: u64) -> u64 {
    mix(key ^ purpose)
}

/// The top 53 bits as a number in `0.0..1.0`.
#[inline(always)]
#[must_use]
pub fn unit_f64(word: u64) -> f64 {
    (word >> 11) as i64 as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// True with probability `p`.
#[inline(always)]
#[must_use]
pub fn chance(word: u64, p: f64) -> bool {
    unit_f64(word) < p
}

/// Uniform in `0..n`.
#[inline(always)]
#[must_use]
pub const fn below(word: u64, n: u32) -> u32 {
    (((word >> 32) * n as u64) >> 32) as u32
}

/// Partition that a key belongs to, of so many.
#[must_use]
pub const fn partition_of(key: u32, partitions: u32) -> u32 {
    below(nth(0, key as u64), partitions)
}

/// Life that an entry of a warm store has left at the begin: uniform over the time to live.
#[must_use]
pub fn warm_life_ns(component_hash: u64, entry: u32, ttl_ns: u64) -> u64 {
    1 + (ttl_ns as f64 * unit_f64(nth(component_hash, entry as u64))) as u64
}

/// Hash of a name: FNV-1a over its bytes, then mixed. Stable for ever; goldens depend on it.
#[must_use]
pub const fn name_hash(name: &str) -> u64 {
    mix(fnv(0xCBF2_9CE4_8422_2325, name))
}

/// Hash of an entity's name and a purpose word.
#[must_use]
pub const fn purpose(entity: &str, word: &str) -> u64 {
    mix(fnv(fnv(fnv(0xCBF2_9CE4_8422_2325, entity), "\u{0}"), word))
}

const fn fnv(mut hash: u64, text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01B3);
        i += 1;
    }
    hash
}

/// The words of one key in turn, as a generator of the `rand` family.
///
/// The machine never uses it: it draws by purpose. Tests do, to hold these draws against
/// generators and distributions that others have checked.
#[derive(Clone, Debug)]
pub struct KeyedRng {
    key: u64,
    ordinal: u64,
}

impl KeyedRng {
    /// The words of `key`, from the first.
    #[must_use]
    pub const fn new(key: u64) -> Self {
        Self { key, ordinal: 0 }
    }
}

impl TryRng for KeyedRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.try_next_u64()? >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let word = nth(self.key, self.ordinal);
        self.ordinal = self.ordinal.wrapping_add(1);
        Ok(word)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        rand_core::utils::fill_bytes_via_next_word(dst, || self.try_next_u64())
    }
}
