//! Arrival processes: when requests come.

use super::distributions::{mean, scaled};
use super::eval::{Args, Evaluator};
use super::value::Value;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::units::Dimension;
use sysdl_lower::model::{Distribution, Gaps, RateProfile};

/// Steps of a ramp.
const RAMP_STEPS: u32 = 100;

impl Evaluator {
    pub(super) fn rate(&mut self, a: &Args) -> Option<f64> {
        let (value, dimension) = self.named(a, "rate", 0)?;
        if dimension == Dimension::Rate && value > 0.0 {
            return Some(value);
        }
        let (code, message, label) = if dimension == Dimension::Rate {
            (&codes::E0207, format!("the rate of `{}` must be positive", a.name), "nobody comes")
        } else {
            (&codes::E0203, format!("`{}` needs a rate, got {}", a.name, dimension.name()), "not a rate")
        };
        self.report(Diagnostic::new(code, message, a.span, label).help(format!("write `{}(100rps)`", a.name)));
        None
    }

    pub(super) fn burst(&mut self, a: &Args) -> Value {
        let parts = ["base", "peak", "every", "for"].map(|part| self.named(a, part, usize::MAX));
        let [Some((base, _)), Some((peak, _)), Some((every, _)), Some((lasting, _))] = parts else { return Value::Bad };
        if !(every > lasting && lasting >= 1.0) {
            return self.impossible(a, "a burst must be shorter than its period".to_owned());
        }
        Value::Open(
            Gaps::Poisson,
            RateProfile::Burst { base, peak, every_ns: every as u64, lasting_ns: lasting as u64 },
        )
    }

    /// `mmpp(base = 5rps, peak = 50rps, calm = exp(10s), busy = exp(2s))`
    pub(super) fn mmpp(&mut self, a: &Args) -> Value {
        let [Some((base, _)), Some((peak, _))] = ["base", "peak"].map(|part| self.named(a, part, usize::MAX)) else {
            return Value::Bad;
        };
        let time = |word: &str| match a.find(word, usize::MAX) {
            Some((Value::Distribution(time, Dimension::Duration), _)) => Some(time.clone()),
            Some((Value::Number(time, Dimension::Duration), _)) => Some(Distribution::Constant(*time)),
            _ => None,
        };
        let (Some(calm), Some(busy)) = (time("calm"), time("busy")) else {
            return self.impossible(a, "`mmpp` needs `calm` and `busy`, two times".to_owned());
        };
        Value::Open(Gaps::Poisson, RateProfile::Modulated { base, peak, calm, busy })
    }

    pub(super) fn users(&mut self, a: &Args) -> Value {
        let Some((users, _)) = self.named(a, "n", 0) else { return Value::Bad };
        let think = a.named.iter().find(|(name, _, _)| name == "think").map(|(_, value, _)| value.clone());
        match think {
            Some(Value::Distribution(think, Dimension::Duration)) => Value::Users(users, think),
            Some(Value::Number(think, Dimension::Duration)) => Value::Users(users, Distribution::Constant(think)),
            Some(Value::Bad) => Value::Bad,
            _ => {
                let diagnostic =
                    Diagnostic::new(&codes::E0209, "users need a think time", a.span, "how long between requests?");
                self.report(diagnostic.help("write `users(300, think = exp(45s))`"));
                Value::Bad
            }
        }
    }

    /// `renewal(erlang(k = 2, mean = 125ms))`: independent gaps of any distribution.
    pub(super) fn renewal(&mut self, a: &Args) -> Value {
        match a.find("gaps", 0) {
            Some((Value::Distribution(gaps, Dimension::Duration), _)) => {
                let each = mean(gaps);
                let unit = scaled(gaps.clone(), 1.0 / each);
                Value::Open(Gaps::Renewal(unit), RateProfile::Steady(1e9 / each))
            }
            Some((Value::Bad, _)) => Value::Bad,
            _ => self.impossible(a, "renewal needs the distribution of the gaps: `renewal(exp(10ms))`".to_owned()),
        }
    }

    /// `ramp(from = 100rps, to = 1krps, over = 60s, start = 10s)`, in a hundred steps.
    pub(super) fn ramp(&mut self, a: &Args) -> Value {
        let parts = ["from", "to", "over"].map(|part| self.named(a, part, usize::MAX));
        let [Some((from, Dimension::Rate)), Some((to, Dimension::Rate)), Some((over, Dimension::Duration))] = parts
        else {
            return if parts.contains(&None) {
                Value::Bad
            } else {
                self.impossible(a, "a ramp leads from a rate to a rate over a duration".to_owned())
            };
        };
        let start = self.optional(a, "start", usize::MAX).map_or(0.0, |(start, _)| start);
        let step = |k: u32| {
            let part = f64::from(k) / f64::from(RAMP_STEPS);
            ((start + over * part) as u64, from + (to - from) * part)
        };
        Value::Open(Gaps::Poisson, RateProfile::Steps { first: from, changes: (1..=RAMP_STEPS).map(step).collect() })
    }

    /// `piecewise(at = [0s, 10s, 30s], rate = [100rps, 1krps, 100rps])`
    pub(super) fn piecewise(&mut self, a: &Args) -> Value {
        let list = |name: &str, wanted: Dimension| -> Option<Vec<f64>> {
            let Some((Value::List(items), _)) = a.find(name, usize::MAX) else { return None };
            let number = |item: &Value| match item {
                Value::Number(number, dimension) if *dimension == wanted => Some(*number),
                _ => None,
            };
            items.iter().map(number).collect()
        };
        let (at, rates) = (list("at", Dimension::Duration), list("rate", Dimension::Rate));
        let (Some(at), Some(rates)) = (at, rates) else {
            return self.impossible(a, "piecewise needs `at = [0s, 10s]` and `rate = [100rps, 1krps]`".to_owned());
        };
        if at.len() != rates.len() || at.first() != Some(&0.0) || !at.windows(2).all(|pair| pair[0] < pair[1]) {
            let message = "piecewise needs as many rates as instants; these begin at 0s and grow".to_owned();
            return self.impossible(a, message);
        }
        let changes = at.iter().zip(&rates).skip(1).map(|(&at, &rate)| (at as u64, rate)).collect();
        Value::Open(Gaps::Poisson, RateProfile::Steps { first: rates[0], changes })
    }

    /// `diurnal(mean = 120k/s, peak = 190k/s, period = 24h, peak_at = 20h)`
    pub(super) fn diurnal(&mut self, a: &Args) -> Value {
        let (Some((mean, _)), Some((peak, _))) = (self.named(a, "mean", usize::MAX), self.named(a, "peak", usize::MAX))
        else {
            return Value::Bad;
        };
        let period = self.optional(a, "period", usize::MAX).map_or(86_400e9, |(period, _)| period);
        let peak_at = self.optional(a, "peak_at", usize::MAX).map_or(0.0, |(at, _)| at);
        if !(mean <= peak && peak <= 2.0 * mean) || period < 1e6 {
            let message = "the mean lies between half of the peak and the peak, or the trough would be negative";
            let diagnostic = Diagnostic::new(&codes::E0411, message, a.span, "no such day");
            self.report(diagnostic.help("write `diurnal(mean = 120rps, peak = 190rps, peak_at = 20h)`"));
            return Value::Bad;
        }
        let (period_ns, peak_at_ns) = (period as u64, peak_at as u64);
        Value::Open(Gaps::Poisson, RateProfile::Wave { mean, peak, period_ns, peak_at_ns })
    }
}
