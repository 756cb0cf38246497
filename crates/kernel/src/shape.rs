//! Unit tables: the quantile function of a shape, sampled so that a draw is a lookup.
//!
//! One table form serves every shape. Both tails are cut into 32 octaves of probability and each
//! octave into 64 equal segments; within a segment the quantile is linear. For the exponential the
//! error is at most 3.1e-5 of the mean (a chord of `ln` over 1/64 of its argument) and the mean is
//! 1 + 1.0e-5. Beyond 2^-33 of either tail the table is flat.

use crate::draw::unit_f64;
use libm::{exp, log, sqrt};

/// Octaves of probability per tail.
pub const OCTAVES: usize = 32;
/// Segments per octave.
pub const SEGMENTS: usize = 64;
/// Cells of one tail: segment ends, the outermost included.
const TAIL: usize = OCTAVES * SEGMENTS + 1;
/// Cells of a unit table.
pub const CELLS: usize = 2 * TAIL;

/// A value and the share of draws below it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "rows", derive(zerocopy::IntoBytes))]
#[repr(C)]
pub struct Point {
    /// Share below, between 0 and 1.
    pub share: f64,
    /// The value in nanoseconds.
    pub value: f64,
}

/// A value of the shape for a random word, from its table.
///
/// The top bit chooses the tail; the position of the next set bit is the octave, the six bits behind
/// it the segment, the rest the place within.
#[inline]
#[must_use]
pub fn unit(table: &[f64; CELLS], word: u64) -> f64 {
    let tail = (word >> 63) as usize * TAIL;
    // No more than the last octave, whatever lies beyond.
    let octave = ((word >> 31) as u32 | 1).leading_zeros() as usize;
    let below = word << (octave + 2);
    // Counting from the far end: cell 0 is the median side of the outermost octave.
    let segment = (below >> 58) as usize;
    // The 52 bits behind the segment, as those behind the point of a number from 1 to 2.
    let fraction = f64::from_bits(1f64.to_bits() | below << 6 >> 12) - 1.0;
    let cell = tail + octave * SEGMENTS + (SEGMENTS - 1 - segment);
    // `cell` is the upper end of the probability segment, `cell + 1` the lower (further out).
    let (near, far) = (table[cell], table[cell + 1]);
    far + (near - far) * fraction
}

/// Tail probability at a cell: 1/2 at cell 0, halved every [`SEGMENTS`] cells, linear within an octave.
fn tail_probability(cell: usize) -> f64 {
    let octave = cell / SEGMENTS;
    let step = cell % SEGMENTS;
    let top = 0.5 / (1u64 << octave) as f64;
    top * (1.0 - 0.5 * step as f64 / SEGMENTS as f64)
}

/// Fills a table from a quantile function given as `q(p, upper)`: the value below which `p` lies
/// (lower tail), or above which `p` lies (upper tail), `0 < p <= 1/2`.
pub(crate) fn fill(table: &mut [f64; CELLS], quantile: impl Fn(f64, bool) -> f64) {
    for cell in 0..TAIL {
        let p = tail_probability(cell);
        table[cell] = quantile(p, false);
        table[TAIL + cell] = quantile(p, true);
    }
}

/// Exponential with mean 1.
pub fn fill_exponential(table: &mut [f64; CELLS]) {
    fill(table, |p, upper| if upper { -log(p) } else { -libm::log1p(-p) });
}

/// Lognormal with median 1.
pub fn fill_lognormal(table: &mut [f64; CELLS], sigma: f64) {
    fill(table, |p, upper| {
        let z = normal_lower(p);
        exp(if upper { -sigma * z } else { sigma * z })
    });
}

/// Gamma with mean 1 and a coefficient of variation.
pub fn fill_gamma(table: &mut [f64; CELLS], cv: f64) {
    let shape = 1.0 / (cv * cv);
    fill(table, |p, upper| gamma_quantile(shape, p, upper) / shape);
}

/// Weibull with scale 1: `exp(-x^shape)` lies beyond `x`.
pub fn fill_weibull(table: &mut [f64; CELLS], shape: f64) {
    fill(table, |p, upper| libm::pow(if upper { -log(p) } else { -libm::log1p(-p) }, 1.0 / shape));
}

/// Pareto between 1 and `ratio`, with tail exponent `alpha`.
pub fn fill_pareto(table: &mut [f64; CELLS], alpha: f64, ratio: f64) {
    let end = libm::pow(ratio, -alpha);
    fill(table, |p, upper| {
        let beyond = if upper { p } else { 1.0 - p };
        libm::pow(end + beyond * (1.0 - end), -1.0 / alpha)
    });
}

/// Through two percentiles or more, in order, exactly: on the scales of normal quantile and
/// logarithm the curve is straight between them, and goes on straight beyond the outermost.
pub fn fill_percentiles(table: &mut [f64; CELLS], points: &[Point]) {
    let normal = |share: f64| if share <= 0.5 { normal_lower(share) } else { -normal_lower(1.0 - share) };
    fill(table, |p, upper| {
        let z = if upper { -normal_lower(p) } else { normal_lower(p) };
        // The segment that holds z, or the outermost on its side.
        let at = points.iter().skip(1).position(|point| z <= normal(point.share)).unwrap_or(points.len() - 2);
        let (from, to) = (points[at], points[at + 1]);
        let (z0, z1) = (normal(from.share), normal(to.share));
        exp(log(from.value) + (log(to.value) - log(from.value)) * (z - z0) / (z1 - z0))
    });
}

/// Values that are equally likely, in order; between two of them the quantile is straight.
pub fn fill_values(table: &mut [f64; CELLS], values: &[Point]) {
    let last = values.len() - 1;
    fill(table, |p, upper| {
        let place = (if upper { 1.0 - p } else { p }) * last as f64;
        let at = (place as usize).min(last.saturating_sub(1));
        let (low, high) = (values[at].value, values[(at + 1).min(last)].value);
        low + (high - low) * (place - at as f64)
    });
}

/// One of some values, each with the share up to and with it, in order.
#[must_use]
pub fn one_of(values: &[Point], word: u64) -> f64 {
    let at = unit_f64(word);
    let index = values.partition_point(|point| point.share <= at);
    values[index.min(values.len() - 1)].value
}

/// A uniform draw needs no table.
#[inline]
#[must_use]
pub fn uniform(word: u64) -> f64 {
    unit_f64(word)
}

/// Quantile of the standard normal for `0 < p <= 1/2` (Wichura, AS 241, 1988; relative error 1e-16).
fn normal_lower(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&CENTER_N, r) / polynomial(&CENTER_D, r);
    }
    let r = sqrt(-log(p));
    let x = if r <= 5.0 {
        polynomial(&MIDDLE_N, r - 1.6) / polynomial(&MIDDLE_D, r - 1.6)
    } else {
        polynomial(&FAR_N, r - 5.0) / polynomial(&FAR_D, r - 5.0)
    };
    -x
}

fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

const CENTER_N: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_4,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTER_D: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_545,
];
const MIDDLE_N: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const MIDDLE_D: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_N: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_D: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_7e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

/// Quantile of the gamma distribution with rate 1, by bisection on the logarithm of the value. 64
/// bisections of the bracket leave nothing but the rounding of the tails, whatever the shape.
fn gamma_quantile(shape: f64, p: f64, upper: bool) -> f64 {
    let (mut low, mut high) = (-60.0 / shape.min(1.0) - 10.0, log(shape + 40.0 * sqrt(shape) + 60.0));
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        let (lower_p, upper_p) = gamma_tails(shape, exp(middle));
        let beyond = if upper { upper_p < p } else { lower_p > p };
        if beyond { high = middle } else { low = middle }
    }
    exp(0.5 * (low + high))
}

/// Regularized lower and upper incomplete gamma functions at `x > 0`.
pub(crate) fn gamma_tails(a: f64, x: f64) -> (f64, f64) {
    let front = exp(a * log(x) - x - libm::lgamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        for _ in 0..500 {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        let lower = front * sum;
        return (lower, 1.0 - lower);
    }
    // Lentz's continued fraction for the upper tail.
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..500 {
        let an = -(i as f64) * (i as f64 - a);
        b += 2.0;
        d = 1.0 / (an * d + b);
        c = b + an / c;
        let delta = d * c;
        h *= delta;
        if (delta - 1.0).abs() < 1e-16 {
            break;
        }
    }
    let upper = front * h;
    (1.0 - upper, upper)
}
