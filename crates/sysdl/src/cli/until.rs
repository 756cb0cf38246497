//! `--until 'p99 ±2%'`: replications until an interval is narrow enough.

use super::trouble;
use sysdl::diagnostic::Diagnostic;
use sysdl::resolve::{Analysis, Override};
use sysdl_runtime::expect::{Metric, value};
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::replicate::replicate;
use sysdl_runtime::statistics::sequential::{self, LEAST};
use sysdl_runtime::{Limits, Trace};

/// Most seeds when nothing is said.
const SEEDS_MOST: u64 = 1_000;
/// Seeds between two looks at the interval.
const STEP: u64 = 4;

/// When to stop.
pub struct Until {
    metric: Metric,
    /// Half the width of the interval, relative to the mean.
    precision: f64,
    /// As the user wrote it.
    pub text: String,
}

impl Until {
    /// Reads `METRIC ±SHARE`.
    ///
    /// # Errors
    /// If it has not that form, or the metric is unknown in the scenario.
    pub fn read(analysis: &Analysis, scenario: &str, overrides: &[Override], text: &str) -> Result<Self, u8> {
        let form = || trouble(format!("`--until {text}`: write a metric and a share, such as `--until 'p99 ±2%'`"));
        let (metric, share) = text.split_once('±').or_else(|| text.split_once("+-")).ok_or_else(form)?;
        let share = share.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        let precision = share.filter(|share| (0.01..=50.0).contains(share)).ok_or_else(form)? / 100.0;
        let found = analysis.metric(scenario, overrides, metric.trim());
        // Spans would point into the file, where the metric does not stand.
        let (metric, _) = found.map_err(|wrong| {
            let say = |d: &Diagnostic| format!("{}; {}", d.message, d.help.as_deref().unwrap_or_default());
            trouble(format!("`--until {text}`: {}", wrong.iter().map(say).collect::<Vec<_>>().join("\n")))
        })?;
        Ok(Self { metric, precision, text: text.to_owned() })
    }

    /// Runs under seeds from 1 on. Traces in the order of the seeds, and whether they are enough.
    ///
    /// # Errors
    /// The first run that traps.
    pub fn run(&self, prepared: &Prepared, most: Option<u64>, limits: Limits) -> Result<(Vec<Trace>, bool), u8> {
        let most = most.unwrap_or(SEEDS_MOST);
        let (mut traces, mut values) = (Vec::new(), Vec::new());
        while (traces.len() as u64) < most {
            let next = traces.len() as u64 + 1;
            let step = if traces.is_empty() { LEAST as u64 } else { STEP };
            let seeds: Vec<u64> = (next..next + step).take_while(|&seed| seed <= most).collect();
            for trace in replicate(prepared, &seeds, limits).map_err(trouble)? {
                values.extend(value(&trace, &self.metric));
                traces.push(trace);
            }
            if values.len() < traces.len() {
                return Err(trouble(format!("`--until {}`: some runs saw nothing that could be measured", self.text)));
            }
            if let Some(count) = sequential::enough(&values, self.precision) {
                traces.truncate(count);
                return Ok((traces, true));
            }
        }
        Ok((traces, false))
    }
}
