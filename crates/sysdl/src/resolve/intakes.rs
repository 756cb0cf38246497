//! Sources whose arrivals are more than one request, or not at a rate: sessions, batches, the clock.

use super::counts::Counted;
use super::eval::{Args, Evaluator};
use super::value::Value;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::units::Dimension;
use sysdl_lower::model::{Arrivals, Count, Distribution, Session};

/// An open source of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Intake {
    /// When something arrives.
    pub arrivals: Arrivals,
    /// How many at once, if not one.
    pub batch: Option<Count>,
    /// What each of them does, if not one request.
    pub session: Option<Session>,
}

/// Those that come together.
pub(super) const BATCH: Counted = Counted {
    what: "a batch",
    of: "requests",
    most: 1_000_000.0,
    help: "write `batch = 5` or `batch = geometric(mean = 5, max = 100)`",
};

/// Requests of a session.
const SESSION: Counted = Counted {
    what: "a session",
    of: "requests",
    most: 1_000_000.0,
    help: "write `requests = 8` or `requests = geometric(mean = 8, max = 50)`",
};

impl Evaluator {
    /// `sessions(arrivals = poisson(2rps), requests = geometric(mean = 8, max = 50), think = exp(5s))`
    pub(super) fn sessions(&mut self, a: &Args) -> Value {
        let (arrivals, batch) = match a.find("arrivals", 0) {
            Some((Value::Open(gaps, rate), _)) => (Arrivals::Open { gaps: gaps.clone(), rate: rate.clone() }, None),
            Some((Value::Intake(intake), _)) if intake.session.is_none() => {
                (intake.arrivals.clone(), intake.batch.clone())
            }
            Some((Value::Bad, _)) => return Value::Bad,
            _ => {
                return self.impossible(a, "sessions arrive: write `sessions(arrivals = poisson(2rps), …)`".to_owned());
            }
        };
        let Some((requests, span)) = a.find("requests", 1) else {
            return self.impossible(a, "a session makes a number of requests: write `requests = 8`".to_owned());
        };
        let Some(requests) = self.count(requests.clone(), *span, &SESSION) else { return Value::Bad };
        if requests == Count::Constant(0) {
            return self.impossible(a, "a session makes one request at least".to_owned());
        }
        let think = match a.find("think", 2) {
            Some((Value::Distribution(think, Dimension::Duration), _)) => think.clone(),
            Some((Value::Number(think, Dimension::Duration), _)) => Distribution::Constant(*think),
            Some((Value::Bad, _)) => return Value::Bad,
            _ => {
                let diagnostic =
                    Diagnostic::new(&codes::E0209, "sessions need a think time", a.span, "how long between requests?");
                self.report(diagnostic.help("write `think = exp(5s)`"));
                return Value::Bad;
            }
        };
        Value::Intake(Box::new(Intake { arrivals, batch, session: Some(Session { requests, think }) }))
    }

    /// `cron(every = 1h, count = 500, spread = 5min, at = 10min)`
    pub(super) fn cron(&mut self, a: &Args) -> Value {
        let mut time = |name: &str, position: usize| match a.find(name, position) {
            None => Some(0.0),
            Some(_) => match self.named(a, name, position) {
                Some((time, Dimension::Duration)) if time >= 0.0 => Some(time),
                Some(_) => {
                    let message = format!("`{name}` of `cron` is a duration");
                    _ = self.impossible(a, message);
                    None
                }
                None => None,
            },
        };
        let [Some(every), Some(spread), Some(at)] = [time("every", 0), time("spread", 2), time("at", 3)] else {
            return Value::Bad;
        };
        if every < 1.0 || spread >= every {
            let message = "`cron` needs `every`, and a `spread` shorter than that".to_owned();
            return self.impossible(a, message);
        }
        let batch = match a.find("count", 1) {
            None => None,
            Some((count, span)) => match self.count(count.clone(), *span, &BATCH) {
                Some(count) => Some(count),
                None => return Value::Bad,
            },
        };
        let arrivals = Arrivals::Cron { every_ns: every as u64, first_ns: at as u64, spread_ns: spread as u64 };
        Value::Intake(Box::new(Intake { arrivals, batch, session: None }))
    }
}
