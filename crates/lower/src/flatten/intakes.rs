//! What arrivals are, where they are not one request each at a rate.

use super::tables::Tables;
use crate::model::{Arrivals, Count, Distribution, Source};
use crate::plan::NONE;
use sysdl_kernel::draw::purpose;

/// A count as operands: the most, a distribution of what is drawn, and what is added to it.
pub(super) fn count(tables: &mut Tables, count: &Count) -> (u32, u32, u32) {
    match count {
        Count::Constant(n) => (*n, NONE, 0),
        Count::Geometric { max, mean } if *mean <= 1.0 => ((*max).min(1), NONE, 0),
        Count::Geometric { mean, max } => {
            let decay = -libm::log1p(-1.0 / mean);
            (*max, tables.distribution(&Distribution::Exponential(1.0 / decay)), 1)
        }
        Count::Uniform { low, high } => {
            let values = f64::from(high - low) + 1.0;
            (*high, tables.distribution(&Distribution::Uniform(0.0, values)), *low)
        }
        Count::Weighted(weights) => {
            let most = weights.last().map_or(0, |(n, _)| *n);
            let values = weights.iter().map(|&(n, weight)| (f64::from(n), weight)).collect();
            (most, tables.distribution(&Distribution::Histogram(values)), 0)
        }
    }
}

/// The row of a source that needs one, or [`NONE`].
pub(super) fn row(tables: &mut Tables, source: &Source) -> u32 {
    let by_rate = matches!(source.arrivals, Arrivals::Open { .. } | Arrivals::Closed { .. });
    if by_rate && source.batch.is_none() && source.session.is_none() {
        return NONE;
    }
    let batch = source.batch.as_ref().map_or((1, NONE, 0), |batch| count(tables, batch));
    let session = source.session.as_ref();
    let requests = session.map_or((0, NONE, 0), |session| count(tables, &session.requests));
    let think = session.map_or(NONE, |session| tables.distribution(&session.think));
    let (every_ns, first_ns, spread_ns) = match source.arrivals {
        Arrivals::Cron { every_ns, first_ns, spread_ns } => (every_ns, first_ns, spread_ns),
        _ => (0, 0, 0),
    };
    let (instants, repeat): (&[u64], bool) = match &source.arrivals {
        Arrivals::Trace { instants, repeat } => (instants, *repeat),
        _ => (&[], false),
    };
    let first_instant = tables.plan.instants.len() as u32;
    tables.plan.instants.extend(instants);
    let rows = &mut tables.plan.intakes;
    rows.batch_most.push(batch.0);
    rows.batch_extra.push(batch.1);
    rows.batch_base.push(batch.2);
    rows.session_most.push(requests.0);
    rows.session_extra.push(requests.1);
    rows.session_base.push(requests.2);
    rows.think.push(think);
    rows.every_ns.push(every_ns);
    rows.first_ns.push(first_ns);
    rows.spread_ns.push(spread_ns);
    rows.first_instant.push(first_instant);
    rows.instants.push(instants.len() as u32);
    rows.period_ns.push(if repeat { instants.last().copied().unwrap_or(0) } else { 0 });
    rows.purposes.push(["batch", "session", "think", "spread"].map(|word| purpose(&source.name, word)));
    rows.batch_most.len() as u32 - 1
}
