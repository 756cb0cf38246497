//! Zipf-distributed keys: key `k` (from 0) has weight `(k + 1)^-skew`.
//!
//! The most popular [`HEAD`] keys are drawn exactly, from their cumulated weights. The rest follows
//! the integral of the weight over `[k + 1/2, k + 3/2]`, whose relative error beyond key 1,024 is
//! below `skew (skew + 1) / (24 · 1024²)`, 8e-8 at skew 1; it is inverted in closed form.

use crate::draw::unit_f64;
use libm::{exp, log, pow};

/// Keys drawn exactly.
pub const HEAD: usize = 1024;

/// What a draw needs to know of a population.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Zipf {
    /// Number of keys.
    pub keys: u32,
    /// Number of keys drawn exactly: `min(keys, HEAD)`.
    pub head: u32,
    /// Exponent.
    pub skew: f64,
    /// Probability of the head.
    pub head_mass: f64,
    /// Cumulated probabilities within the head; `cumulated[i]` is that of keys `0..=i`.
    pub cumulated: [f64; HEAD],
}

impl Zipf {
    /// Prepares draws from `keys` keys. Skew 0 is uniform and uses no table.
    pub fn init(&mut self, keys: u32, skew: f64) {
        self.keys = keys;
        self.skew = skew;
        self.head = keys.min(HEAD as u32);
        let mut sum = 0.0;
        for i in 0..self.head as usize {
            sum += pow((i + 1) as f64, -skew);
            self.cumulated[i] = sum;
        }
        let start = self.head as f64 + 0.5;
        let tail = if keys > self.head { primitive(keys as f64 + 0.5, start, skew) } else { 0.0 };
        let total = sum + tail;
        for cell in &mut self.cumulated[..self.head as usize] {
            *cell /= total;
        }
        self.head_mass = sum / total;
    }

    /// The key of a random word.
    #[must_use]
    pub fn draw(&self, word: u64) -> u32 {
        if self.skew == 0.0 {
            return crate::draw::below(word, self.keys);
        }
        let u = unit_f64(word);
        if u < self.head_mass || self.keys == self.head {
            let rank = self.cumulated[..self.head as usize].partition_point(|&c| c <= u) as u32;
            return rank.min(self.head - 1);
        }
        let start = self.head as f64 + 0.5;
        let share = (u - self.head_mass) / (1.0 - self.head_mass);
        let x = inverse(share * primitive(self.keys as f64 + 0.5, start, self.skew), start, self.skew);
        // `x` lies in rank ± 1/2, ranks from 1.
        ((x + 0.5) as u32).clamp(self.head + 1, self.keys) - 1
    }
}

/// Integral of `x^-s` from `a` to `b`.
fn primitive(b: f64, a: f64, s: f64) -> f64 {
    let e = 1.0 - s;
    if e.abs() < 1e-9 { log(b / a) } else { (pow(b, e) - pow(a, e)) / e }
}

/// The `b` with `primitive(b, a, s) = area`.
fn inverse(area: f64, a: f64, s: f64) -> f64 {
    let e = 1.0 - s;
    if e.abs() < 1e-9 { a * exp(area) } else { pow(pow(a, e) + e * area, 1.0 / e) }
}
