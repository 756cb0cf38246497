//! What a search found, in words and as JSON.

use super::super::probe::{aligned, estimated, plain, shown, unit};
use super::search::{Edge, Plan, Tried};
use super::standing::{Judged, Standing};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sysdl::units::Dimension;
use sysdl_runtime::expect::{Condition, Expectation, Metric, Operand, Quantity};

/// Busy shares at two loads are in proportion to them if they differ by no more than this.
const PROPORTION: f64 = 0.05;
/// A station that is not even this busy says nothing of what limits.
const BUSY_LEAST: f64 = 0.05;

/// Requests that may fail unasked.
const FAILED_MOST: f64 = 0.01;

/// An answer.
pub struct Answer<'a> {
    plan: &'a Plan<'a>,
    claims: &'a [Expectation],
    tried: &'a [Tried],
    edge: &'a Edge,
}

/// Whether a claim is about requests that fail, or about those that do not.
fn asks_of_errors(condition: &Condition) -> bool {
    use Quantity::{ErrorRate, Errors, GoodShare, Goodput};
    let metrics: Vec<&Metric> = match condition {
        Condition::And(a, b) | Condition::Or(a, b) => return asks_of_errors(a) || asks_of_errors(b),
        Condition::Near { metric, .. } => vec![metric],
        Condition::Compare(a, _, b) => {
            let sides = [a, b].into_iter();
            sides.filter_map(|side| if let Operand::Metric(metric) = side { Some(metric) } else { None }).collect()
        }
        Condition::Heals { .. } | Condition::Metastable => return true,
    };
    metrics.iter().any(|metric| matches!(metric.quantity, ErrorRate | Errors(_) | GoodShare | Goodput))
}

impl<'a> Answer<'a> {
    /// Of a search.
    pub fn of(plan: &'a Plan<'a>, claims: &'a [Expectation], tried: &'a [Tried], edge: &'a Edge) -> Self {
        Self { plan, claims, tried, edge }
    }

    /// Whether the edge is known as closely as was asked, or the whole range holds.
    pub fn is_found(&self) -> bool {
        match self.edge {
            Edge::All => true,
            Edge::Nothing => false,
            Edge::Between { next, .. } => self.tried[*next].standing == Standing::Fails,
        }
    }

    /// In words, with a row for each value that was tried.
    pub fn human(&self) -> String {
        let question = self.plan.question;
        let mut order: Vec<&Tried> = self.tried.iter().collect();
        order.sort_by(|a, b| a.value.total_cmp(&b.value));
        let mut head = vec![self.plan.path.clone(), "seeds".to_owned(), "verdict".to_owned()];
        head.extend(self.claims.iter().map(|claim| claim.text.clone()));
        head.push("busiest".to_owned());
        let rows = order.iter().map(|tried| {
            let mut row = vec![tried.text.clone(), tried.runs.len().to_string(), verdict(tried).to_owned()];
            row.extend(tried.claims.iter().zip(self.claims).map(|(judged, claim)| cell(judged, claim, tried)));
            row.push(busiest(tried).map_or(String::new(), |(name, busy)| format!("{name} {:.1}%", busy * 100.0)));
            row
        });
        let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
        let title = format!("{}  {}  capacity in {}", question.scenario, question.file, self.plan.path);
        format!("{title}\n\n{}\n{}\n", aligned(&rows), self.sentences().join("\n"))
    }

    /// The answer in sentences.
    fn sentences(&self) -> Vec<String> {
        let mut said = self.verdict();
        said.extend(self.fails_unasked());
        said
    }

    /// What holds may hold of errors that come fast.
    fn fails_unasked(&self) -> Option<String> {
        let holds = self.tried.iter().filter(|tried| tried.standing == Standing::Holds);
        let failed = |tried: &Tried| tried.runs.iter().map(|run| run.failed).sum::<f64>() / tried.runs.len() as f64;
        let worst = holds.max_by(|a, b| failed(a).total_cmp(&failed(b)))?;
        let is_asked = self.claims.iter().any(|claim| asks_of_errors(&claim.condition));
        (failed(worst) > FAILED_MOST && !is_asked).then(|| {
            format!(
                "At {} {:.1} % of requests fail, and no expectation is about that: add `--expect 'error_rate < 1%'`.",
                worst.text,
                failed(worst) * 100.0
            )
        })
    }

    fn verdict(&self) -> Vec<String> {
        let path = &self.plan.path;
        let (low, high) = (&self.tried[0], &self.tried[1]);
        match self.edge {
            Edge::All => vec![format!(
                "All of it holds from {path}={} to {path}={}; the edge lies beyond: search further out.",
                low.text, high.text
            )],
            Edge::Nothing => {
                let mut said =
                    vec![format!("Nothing holds for certain at either end of {path}={}..{}:", low.text, high.text)];
                said.extend([low, high].map(|end| format!("  {} {}", end.text, self.broken(end))));
                said.push(
                    "Search further out; if that changes nothing, these expectations do not hang on it.".to_owned(),
                );
                said
            }
            Edge::Between { holds, next, fails, upwards } => {
                let (holds, next, fails) = (&self.tried[*holds], &self.tried[*next], &self.tried[*fails]);
                let which = if *upwards { "largest" } else { "smallest" };
                let mut said = vec![format!(
                    "The {which} {path} that holds is {}; {} {}.",
                    holds.text,
                    next.text,
                    self.broken(next)
                )];
                if next.standing == Standing::Unclear && fails.standing == Standing::Fails {
                    said.push(format!(
                        "Inconclusive: the edge lies between {} and {}, which {}. More seeds narrow it: `--seeds-most {}`.",
                        holds.text,
                        fails.text,
                        self.broken(fails),
                        self.plan.seeds[1] * 4
                    ));
                } else if next.standing == Standing::Unclear {
                    said.push(format!(
                        "Inconclusive: nothing beyond {} fails for certain; more seeds tell: `--seeds-most {}`.",
                        holds.text,
                        self.plan.seeds[1] * 4
                    ));
                }
                said.extend(self.limit(holds, fails));
                said
            }
        }
    }

    /// What limits: the busiest station beyond the edge, and where arithmetic sees it full.
    fn limit(&self, holds: &Tried, fails: &Tried) -> Option<String> {
        let (name, busy) = busiest(fails)?;
        let seen = format!("At {} `{name}` is the busiest, {:.1} %", fails.text, busy * 100.0);
        Some(match self.saturation(holds) {
            Some((station, value)) => format!(
                "{seen}; by the utilization law `{station}` is full at {}.",
                shown(value, self.plan.ends.dimension)
            ),
            None => format!("{seen}."),
        })
    }

    /// The station that is full first and the rate at which it is, if busy shares are in proportion to the rate.
    fn saturation(&self, holds: &Tried) -> Option<(String, f64)> {
        let low = &self.tried[0];
        if self.plan.ends.dimension != Dimension::Rate || low.value >= holds.value || low.standing != Standing::Holds {
            return None;
        }
        let (at_low, at_edge) = (busy(low), busy(holds));
        let each = |value: f64, of: &Tried| value / of.value;
        let proportional = |(name, share): (&String, &f64)| {
            let (slope, before) = (each(*share, holds), each(*at_low.get(name)?, low));
            let is = *share >= BUSY_LEAST && (slope / before - 1.0).abs() <= PROPORTION;
            is.then(|| (name.clone(), 1.0 / slope))
        };
        at_edge.iter().filter_map(proportional).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// What does not hold at a value, in words.
    fn broken(&self, tried: &Tried) -> String {
        if tried.stuck > 0 {
            return format!("does not: {} of {} runs ran out of room", tried.stuck, tried.runs.len());
        }
        let word = if tried.standing == Standing::Unclear { "is too close to tell" } else { "does not" };
        let said = |(judged, claim): (&Judged, &Expectation)| {
            let is = judged.standing == tried.standing;
            is.then(|| format!("`{}` = {}", claim.text, cell(judged, claim, tried)))
        };
        let all: Vec<String> = tried.claims.iter().zip(self.claims).filter_map(said).collect();
        format!("{word}: {}", all.join(", "))
    }

    /// For a program.
    pub fn json(&self) -> Value {
        let question = self.plan.question;
        let number =
            |tried: &Tried| json!({ "text": tried.text, "value": plain(tried.value, self.plan.ends.dimension) });
        let (status, answer, bracket, beyond, seeks) = match self.edge {
            Edge::All => ("all_holds", Value::Null, Value::Null, Value::Null, Value::Null),
            Edge::Nothing => ("nothing_holds", Value::Null, Value::Null, Value::Null, Value::Null),
            Edge::Between { holds, next, fails, upwards } => {
                let (holds, fails) = (&self.tried[*holds], &self.tried[*fails]);
                let clear = self.tried[*next].standing == Standing::Fails;
                let beyond = json!({
                    "at": fails.text,
                    "fails": self.failing(fails),
                    "busiest": busiest(fails).map(|(name, busy)| json!({ "component": name, "utilization": busy })),
                    "saturation": self.saturation(holds).map(|(name, value)| json!({ "component": name, "at": value })),
                });
                let bracket = json!({ "holds": number(holds), "fails": number(fails) });
                let seeks = if *upwards { "largest" } else { "smallest" };
                (if clear { "found" } else { "inconclusive" }, number(holds), bracket, beyond, json!(seeks))
            }
        };
        json!({
            "schema": 1,
            "file": question.file,
            "scenario": question.scenario,
            "parameter": self.plan.path,
            "unit": unit(self.plan.ends.dimension),
            "expectations": self.claims.iter().map(|claim| &claim.text).collect::<Vec<_>>(),
            "tolerance": self.plan.tolerance,
            "status": status,
            "seeks": seeks,
            "answer": answer,
            "bracket": bracket,
            "beyond": beyond,
            "probes": self.tried.iter().map(|tried| self.probe(tried)).collect::<Vec<_>>(),
        })
    }

    fn probe(&self, tried: &Tried) -> Value {
        let claim = |(judged, claim): (&Judged, &Expectation)| {
            let (scale, of) = (plain(1.0, dimension(claim)), unit(dimension(claim)));
            let found = judged.found.filter(|found| found.half_width.is_finite());
            let found = found.map(|found| {
                json!({ "mean": found.mean * scale, "ci95": found.interval().map(|end| end * scale), "n": found.count, "unit": of })
            });
            json!({ "text": claim.text, "standing": judged.standing, "held": judged.held, "found": found })
        };
        json!({
            "text": tried.text,
            "value": plain(tried.value, self.plan.ends.dimension),
            "seeds": tried.runs.len(),
            "standing": tried.standing,
            "stuck": tried.stuck,
            "expectations": tried.claims.iter().zip(self.claims).map(claim).collect::<Vec<_>>(),
            "utilization": busy(tried),
        })
    }

    fn failing(&self, tried: &Tried) -> Vec<&String> {
        let fails = |(judged, _): &(&Judged, &Expectation)| judged.standing == Standing::Fails;
        tried.claims.iter().zip(self.claims).filter(fails).map(|(_, claim)| &claim.text).collect()
    }
}

fn verdict(tried: &Tried) -> &'static str {
    match tried.standing {
        Standing::Holds => "holds",
        Standing::Fails => "fails",
        Standing::Unclear => "unclear",
    }
}

/// What a claim measured; where that is no number, in how many runs it holds.
fn cell(judged: &Judged, claim: &Expectation, tried: &Tried) -> String {
    match judged.found {
        Some(found) => estimated(&found, dimension(claim)),
        None => format!("{} of {} runs", judged.held, tried.runs.len()),
    }
}

/// Mean busy share of each station.
fn busy(tried: &Tried) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for (name, share) in tried.runs.iter().flat_map(|run| &run.busy) {
        *sums.entry(name.clone()).or_default() += share / tried.runs.len() as f64;
    }
    sums
}

fn busiest(tried: &Tried) -> Option<(String, f64)> {
    busy(tried).into_iter().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// What a claim measures, as far as its numbers must be written.
fn dimension(claim: &Expectation) -> Dimension {
    let quantity = match &claim.condition {
        Condition::Compare(Operand::Metric(metric), ..) | Condition::Compare(_, _, Operand::Metric(metric)) => {
            metric.quantity
        }
        Condition::Near { metric, .. } => metric.quantity,
        _ => return Dimension::Count,
    };
    quantity_dimension(quantity)
}

fn quantity_dimension(quantity: Quantity) -> Dimension {
    use Quantity::*;
    match quantity {
        Percentile(_)
        | WaitingPercentile(_)
        | Mean
        | WaitingMean
        | Max
        | PermitWait
        | BatchWait
        | EndToEndPercentile(_)
        | EndToEndMean
        | EndToEndMax => Dimension::Duration,
        Throughput | Goodput => Dimension::Rate,
        GoodShare | ErrorRate | Utilization | HitRatio | StaleRatio | Leaderless | ConnectShare | BreakerOpenShare
        | TokensWasted | DuplicateShare => Dimension::Share,
        RetryAmplification | HottestPartition => Dimension::Factor,
        MonthlyUsd | CostPer => Dimension::Money,
        _ => Dimension::Count,
    }
}
