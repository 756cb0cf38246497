//! What compiles, but cannot work or will surprise: capacity, resilience, reachability, cost.

mod capacity;
mod load;
mod resilience;
mod stores;
pub(crate) mod theory;
mod topology;
pub(crate) mod unused;

use crate::codes;
use crate::diagnostic::{self, Diagnostic};
use crate::resolve::{Analysis, Builder};
use crate::syntax::span::Span;
use sysdl_lower::model::Model;
use sysdl_order::Order as _;

/// Checks a resolved model.
pub(crate) fn model(builder: &mut Builder<'_>, model: &Model, system: Span) {
    crate::resolve::bounds(builder);
    topology::check(builder, model, system);
    // What follows judges only parts in which nothing is wrong.
    capacity::check(builder, model);
    resilience::check(builder, model);
    stores::check(builder, model);
    cost(builder, model);
}

impl Builder<'_> {
    /// Whether a part of the text is free of errors, so that what follows from it can be believed.
    fn sound(&self, part: Span) -> bool {
        self.eval.diagnostics.iter().all(|d| !d.is_error() || !part.contains(d.primary.span))
    }
}

fn cost(builder: &mut Builder<'_>, model: &Model) {
    let Some((budget, span)) = builder.budget else { return };
    for (component, draft) in model.components.iter().zip(&builder.drafts) {
        // What has no capacity of its own is somebody else's to pay.
        if component.monthly_usd.is_none() && component.station.servers.is_some() {
            let message = format!("`{}` has no cost; the budget counts it as $0", component.name);
            let diagnostic = Diagnostic::new(&codes::W0801, message, draft.name.span, "unpriced");
            builder.eval.diagnostics.push(diagnostic.help("add `cost = $0.096/h`, the price of one replica"));
        }
    }
    let mut priced: Vec<(f64, &str)> =
        model.components.iter().filter_map(|c| c.monthly_usd.map(|usd| (usd, c.name.as_str()))).collect();
    let total: f64 = priced.iter().map(|(usd, _)| usd).sum();
    if total > budget {
        priced.order_by(|a, b| b.0.total_cmp(&a.0));
        let most: Vec<String> = priced.iter().take(3).map(|(usd, name)| format!("{name} ${usd:.0}")).collect();
        let message = format!("${total:.0}/month is more than the budget of ${budget:.0}/month");
        let diagnostic = Diagnostic::new(&codes::W0803, message, span, "the budget");
        builder.eval.report(diagnostic.help(format!("most of it: {}", most.join(", "))));
    }
}

/// Takes out warnings that the text waives. Returns what is left, and what each waiver was good for.
pub(crate) fn waive(builder: &mut Builder<'_>) -> (Vec<Diagnostic>, Vec<(String, Span, bool)>) {
    let mut found = std::mem::take(&mut builder.eval.diagnostics);
    let (places, mut is_waived) = (places_of_warnings(&found), vec![false; found.len()]);
    let mut judged = Vec::new();
    for (block, waived) in std::mem::take(&mut builder.waivers) {
        let within = &places[places.partition_point(|(at, _)| *at < Span { end: 0, ..block })..];
        let within = &within[..within.partition_point(|(at, _)| at.file == block.file && at.start <= block.end)];
        for (code, span) in waived {
            let mut any = false;
            for &(at, index) in within {
                if block.contains(at) && found[index].code.id == code && !is_waived[index] {
                    (is_waived[index], any) = (true, true);
                }
            }
            judged.push((code, span, any));
        }
    }
    let mut is_waived = is_waived.iter();
    found.retain(|_| is_waived.next() == Some(&false));
    diagnostic::sort(&mut found);
    (found, judged)
}

/// What warnings point at, each with the warning's number, in the order of the text.
fn places_of_warnings(found: &[Diagnostic]) -> Vec<(Span, usize)> {
    let mut places = Vec::new();
    for (index, warning) in found.iter().enumerate().filter(|(_, found)| !found.is_error()) {
        places.push((warning.primary.span, index));
        places.extend(warning.others.iter().map(|label| (label.span, index)));
    }
    places.order();
    places
}

/// More runs than anyone means to wait for.
const RUNS: usize = 100;

/// Combinations of parameter values over all scenarios.
pub(crate) fn matrix(analysis: &Analysis) -> Option<Diagnostic> {
    let scenarios = analysis.scenarios();
    let lists = scenarios.iter().flat_map(|scenario| analysis.lists(&scenario.name));
    let (longest, _) = lists.max_by_key(|(_, values)| values.len())?;
    let total = scenarios.iter().fold(0, |sum: usize, s| sum.saturating_add(analysis.variant_count(&s.name)));
    (total > RUNS).then(|| {
        let message = format!("the lists of parameters make {total} runs of `sysdl test`");
        Diagnostic::new(&codes::W0905, message, longest.name.span, "the longest list").help("list fewer values")
    })
}

/// Waivers that waived nothing in any scenario.
pub(crate) fn idle_waivers(judged: &[(String, Span, bool)]) -> Vec<Diagnostic> {
    let mut used: Vec<(Span, &str)> =
        judged.iter().filter(|(.., used)| *used).map(|(code, span, _)| (*span, code.as_str())).collect();
    used.order();
    let is_idle = |code: &str, span: Span| codes::find(code).is_some() && used.binary_search(&(span, code)).is_err();
    let idle = judged.iter().filter(|(code, span, _)| is_idle(code, *span));
    idle.map(|(code, span, _)| {
        let message = format!("`allow = [{code}]` no longer matches anything");
        Diagnostic::new(&codes::E0113, message, *span, "unused").help(format!("remove `{code}`"))
    })
    .collect()
}
