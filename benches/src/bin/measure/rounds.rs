//! Contenders in turn, several times.

use std::time::Duration;
use sysdl_kernel::fact::Digest;

/// One run of one contender.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Requests that were simulated.
    pub requests: u64,
    /// Events, where they are counted.
    pub events: u64,
    /// Sum of all facts, of those that record them.
    pub digest: Option<Digest>,
    /// Time of the run, without making it ready.
    pub wall: Duration,
}

/// Something that simulates.
pub struct Contender {
    /// What it is called in tables.
    pub name: String,
    /// What it records.
    pub records: &'static str,
    /// Runs it once.
    pub run: Box<dyn Fn() -> Result<Sample, String>>,
}

/// What a contender took in all rounds.
pub struct Measured {
    /// See [`Contender`].
    pub name: String,
    /// See [`Contender`].
    pub records: &'static str,
    /// A run.
    pub sample: Sample,
    /// Nanoseconds for each request: of each round, in order of size.
    pub ns: Vec<f64>,
}

impl Measured {
    /// The median in nanoseconds a request.
    pub fn median(&self) -> f64 {
        self.ns[self.ns.len() / 2]
    }
}

/// Runs all in turn, beginning with another in each round.
///
/// # Errors
/// If one fails, or does not find what the others find.
pub fn run(contenders: &[Contender], rounds: usize) -> Result<Vec<Measured>, String> {
    let fresh =
        |c: &Contender| Measured { name: c.name.clone(), records: c.records, sample: Sample::default(), ns: vec![] };
    let mut results: Vec<Measured> = contenders.iter().map(fresh).collect();
    for round in 0..rounds {
        for i in 0..contenders.len() {
            let i = (i + round) % contenders.len();
            let sample = (contenders[i].run)().map_err(|error| format!("{}: {error}", contenders[i].name))?;
            results[i].ns.push(sample.wall.as_nanos() as f64 / sample.requests as f64);
            results[i].sample = sample;
        }
        agree(&results)?;
    }
    for result in &mut results {
        result.ns.sort_by(f64::total_cmp);
    }
    Ok(results)
}

/// All that record every fact have found the same.
fn agree(results: &[Measured]) -> Result<(), String> {
    let mut found = results.iter().filter_map(|r| Some((r.sample.digest?, r.sample.requests, &r.name)));
    let Some((digest, requests, first)) = found.next() else { return Ok(()) };
    match found.find(|other| (other.0, other.1) != (digest, requests)) {
        Some((_, _, other)) => Err(format!("{other} does not find what {first} finds")),
        None => Ok(()),
    }
}
