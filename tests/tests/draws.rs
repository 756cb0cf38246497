//! Quantile tables and keyed draws, held against the distributions of `rand_distr`.
//!
//! Both samples come from fixed keys, so a test passes or fails for ever: the limit is the two-sample
//! Kolmogorov–Smirnov distance that chance exceeds once in a thousand.

use rand_distr::{Distribution, Exp1, Gamma, LogNormal, Weibull};
use sysdl_kernel::draw::{KeyedRng, nth};
use sysdl_kernel::mixture::{Part, family, fill_mixture};
use sysdl_kernel::shape::{self, CELLS, Point};
use sysdl_kernel::zipf::{HEAD, Zipf};

const SAMPLES: usize = 200_000;

fn table(fill: impl Fn(&mut [f64; CELLS])) -> Box<[f64; CELLS]> {
    let mut table = Box::new([0.0; CELLS]);
    fill(&mut table);
    table
}

fn drawn(table: &[f64; CELLS]) -> Vec<f64> {
    (0..SAMPLES as u64).map(|ordinal| shape::unit(table, nth(7, ordinal))).collect()
}

fn sampled(distribution: impl Distribution<f64>) -> Vec<f64> {
    distribution.sample_iter(KeyedRng::new(8)).take(SAMPLES).collect()
}

/// Largest distance between the shares below any value.
fn distance(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let (mut i, mut j, mut most) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        // Equal values are passed together.
        let value = a[i].min(b[j]);
        i += a[i..].iter().take_while(|x| **x == value).count();
        j += b[j..].iter().take_while(|x| **x == value).count();
        most = most.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    most
}

#[test]
fn tables_sample_what_rand_distr_samples() {
    let limit = 1.95 * (2.0 / SAMPLES as f64).sqrt();
    let check = |name: &str, table: &[f64; CELLS], other: Vec<f64>| {
        let found = distance(drawn(table), other);
        assert!(found < limit, "{name}: distance {found:.5}, limit {limit:.5}");
    };
    check("exponential", &table(shape::fill_exponential), sampled(Exp1));
    for sigma in [0.25, 0.7, 1.5] {
        let other = LogNormal::new(0.0, sigma).expect("sigma is positive");
        check(&format!("lognormal, sigma {sigma}"), &table(|t| shape::fill_lognormal(t, sigma)), sampled(other));
    }
    for k in [0.6, 1.0, 2.5] {
        let other = Weibull::new(1.0, k).expect("both are positive");
        check(&format!("weibull, shape {k}"), &table(|t| shape::fill_weibull(t, k)), sampled(other));
    }
    for cv in [0.3f64, 0.8, 1.0, 2.5] {
        let k = 1.0 / (cv * cv);
        let other = Gamma::new(k, 1.0 / k).expect("both are positive");
        check(&format!("gamma, cv {cv}"), &table(|t| shape::fill_gamma(t, cv)), sampled(other));
    }
}

/// Pareto, mixture and curves against their own definitions: the share of draws below a value.
#[test]
fn heavy_tails_and_mixtures_have_their_shares() {
    let below =
        |table: &[f64; CELLS], value: f64| drawn(table).iter().filter(|&&x| x <= value).count() as f64 / SAMPLES as f64;
    // Three standard errors of a share of 200,000 draws.
    let near = |found: f64, expected: f64, what: &str| {
        let limit = 3.0 * (expected * (1.0 - expected) / SAMPLES as f64).sqrt();
        assert!((found - expected).abs() < limit, "{what}: {found:.5} for {expected:.5}");
    };
    let pareto = table(|t| shape::fill_pareto(t, 1.2, 1_000.0));
    for x in [1.5f64, 4.0, 60.0] {
        let end = 1_000f64.powf(-1.2);
        near(below(&pareto, x), 1.0 - (x.powf(-1.2) - end) / (1.0 - end), "pareto");
    }
    let exponential = |weight, scale| Part { weight, scale, family: family::EXPONENTIAL, ..Part::default() };
    let mixed = table(|t| fill_mixture(t, &[exponential(0.9, 1e6), exponential(0.1, 5e7)]));
    for x in [1e5f64, 1e6, 2e7, 2e8] {
        near(below(&mixed, x), 1.0 - 0.9 * (-x / 1e6).exp() - 0.1 * (-x / 5e7).exp(), "two exponentials");
    }
    let points = [(0.5, 2e6), (0.95, 9e6), (0.99, 3e7)].map(|(share, value)| Point { share, value });
    let values = [1e6, 2e6, 9e6].map(|value| Point { share: 0.0, value });
    let measured = table(|t| shape::fill_values(t, &values));
    near(below(&measured, 1.5e6), 0.25, "values");
    near(below(&measured, 2e6), 0.5, "values");
    near(below(&measured, 5.5e6), 0.75, "values");
    let curve = table(|t| shape::fill_percentiles(t, &points));
    for point in points {
        near(below(&curve, point.value), point.share, "percentiles");
    }
}

/// A test that cannot fail is none: a neighbor is told apart.
#[test]
fn a_slightly_wrong_table_is_noticed() {
    let wrong = table(|t| shape::fill_gamma(t, 0.98));
    assert!(distance(drawn(&wrong), sampled(Exp1)) > 1.95 * (2.0 / SAMPLES as f64).sqrt());
}

/// The mean of a table, exactly: segments are linear, so each contributes its middle.
#[test]
fn means_are_those_of_the_distributions() {
    let mean = |table: &[f64; CELLS]| {
        let tail = CELLS / 2;
        let mut sum = 0.0;
        for half in [0, tail] {
            for cell in 0..tail - 1 {
                let octave = cell / shape::SEGMENTS;
                let width = 0.25 / (1u64 << octave) as f64 / shape::SEGMENTS as f64;
                sum += width * 0.5 * (table[half + cell] + table[half + cell + 1]);
            }
        }
        sum
    };
    let near = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-4, "{found} for {expected}");
    near(mean(&table(shape::fill_exponential)), 1.0);
    near(mean(&table(|t| shape::fill_lognormal(t, 1.0))), 0.5f64.exp());
    for cv in [0.3, 0.8, 1.0, 2.0] {
        near(mean(&table(|t| shape::fill_gamma(t, cv))), 1.0);
    }
}

#[test]
fn popular_keys_are_as_popular_as_rand_distr_says() {
    for (keys, skew) in [(50u32, 1.2), (10_000, 0.8), (1_000_000, 1.0)] {
        let mut zipf = Box::new(Zipf { keys: 0, head: 0, skew: 0.0, head_mass: 0.0, cumulated: [0.0; HEAD] });
        zipf.init(keys, skew);
        let ours: Vec<f64> = (0..SAMPLES as u64).map(|i| f64::from(zipf.draw(nth(9, i)) + 1)).collect();
        let other = rand_distr::Zipf::new(f64::from(keys), skew).expect("both are positive");
        let found = distance(ours, sampled(other));
        assert!(found < 1.95 * (2.0 / SAMPLES as f64).sqrt(), "{keys} keys, skew {skew}: {found:.5}");
    }
}
