//! Model → model: the same system under the same traffic, without its faults.
//!
//! Before: a scenario with what it injects.
//! After: the same parameters can change, so that the machine takes the same paths; but what is injected never begins.
//! Draws belong to names and keys, so a run of the twin under the same seed has the same requests, at the same instants,
//! with the same draws: what differs between the two runs is what the faults did.

use crate::flatten::acts;
use crate::model::{
    Arrivals, Comparison, Condition, Effect, EffectOp, Model, Order, Parameter, RateProfile, Trigger, When,
};

impl Effect {
    /// Whether it is a wish of who runs the system (`set web.replicas = 10`), rather than a fault.
    #[must_use]
    pub fn is_set(&self) -> bool {
        let settable = matches!(
            self.parameter,
            Parameter::StationReplicas(_) | Parameter::SourceRate(_) | Parameter::SourceUsers(_)
        );
        settable && self.op == EffectOp::Set && self.label.starts_with("set ")
    }

    /// Whether a twin is without it: it is injected, or set for a while.
    #[must_use]
    pub fn is_disturbance(&self) -> bool {
        let passes = self.end_ns.is_some() || self.when.is_some();
        !self.is_set() || passes
    }
}

/// What a twin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twin {
    /// The same run without faults.
    WithoutFaults,
    /// The same run as it began, because it has no faults, but changes.
    AsItBegan,
}

impl Twin {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Twin::WithoutFaults => "the same run without faults",
            Twin::AsItBegan => "the same run as it began, with steady traffic",
        }
    }
}

/// The twin of a model: without its faults; or, if it has none but changes all the same, as it began.
#[must_use]
pub fn twin_of(model: &Model) -> (Model, Twin) {
    let varies = |rate: &RateProfile| !matches!(rate, RateProfile::Steady(_) | RateProfile::Wave { .. });
    let changes = !model.effects.is_empty()
        || model.sources.iter().any(|s| matches!(&s.arrivals, Arrivals::Open { rate, .. } if varies(rate)));
    if changes && !model.effects.iter().any(Effect::is_disturbance) {
        return (undisturbed(model), Twin::AsItBegan);
    }
    (without_faults(model), Twin::WithoutFaults)
}

/// The same system under the same traffic without what is injected, and without what is set for a while. What is set
/// for good, and rates that change by themselves, stay.
#[must_use]
pub fn without_faults(model: &Model) -> Model {
    let mut twin = model.clone();
    quieten(&mut twin, Effect::is_disturbance);
    twin
}

/// The same system as it began: without faults, nothing is set during the run, and every rate stays what it is at first
/// (waves by the hour of the day go on).
#[must_use]
pub fn undisturbed(model: &Model) -> Model {
    let mut twin = model.clone();
    quieten(&mut twin, |_| true);
    for source in &mut twin.sources {
        let Arrivals::Open { rate, .. } = &mut source.arrivals else { continue };
        *rate = match rate {
            RateProfile::Steady(rate)
            | RateProfile::Burst { base: rate, .. }
            | RateProfile::Modulated { base: rate, .. } => RateProfile::Steady(*rate),
            RateProfile::Steps { first, .. } | RateProfile::Track { first, .. } => RateProfile::Steady(*first),
            RateProfile::Wave { .. } => continue,
        };
    }
    twin
}

/// Lets some effects wait for what never happens.
fn quieten(model: &mut Model, which: impl Fn(&Effect) -> bool) {
    let duration_ns = model.duration_ns;
    // What the original leaves out has no slot there, and must have none here.
    model.effects.retain(|effect| !which(effect) || acts(effect, duration_ns));
    if !model.effects.iter().any(&which) {
        return;
    }
    let trigger = model.triggers.len() as u32;
    model.triggers.push(Trigger { condition: never(), for_ns: 0, from_ns: 0, until_ns: None });
    for effect in model.effects.iter_mut().filter(|effect| which(effect)) {
        let lasting_ns = effect.parameter.acts_at_once().then_some(1);
        effect.when = Some(When { trigger, lasting_ns });
        (effect.start_ns, effect.end_ns, effect.ramp_ns, effect.random) = (0, None, 0, None);
        effect.fade_ns = 0;
    }
}

/// Nothing is less than nothing.
fn never() -> Condition {
    Condition::Compare(Comparison {
        left: Vec::new(),
        largest: false,
        factor: 1,
        order: Order::Less,
        right: Vec::new(),
        bound: 0,
        scale: 1,
    })
}

/// What of a trigger is varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vary {
    /// How long faults last.
    Length,
    /// How strong they are.
    Severity,
}

/// The same scenario with faults so many times as long, or as strong; as much time is left after them as before. `None` if
/// no fault has a length, or a strength, that could be varied.
#[must_use]
pub fn varied(model: &Model, vary: Vary, times: f64) -> Option<Model> {
    let mut varied = model.clone();
    let last = |model: &Model| model.effects.iter().filter(|e| e.is_disturbance()).filter_map(|e| e.end_ns).max();
    let before = last(model).unwrap_or(0);
    let mut any = false;
    for effect in varied.effects.iter_mut().filter(|effect| effect.is_disturbance()) {
        any |= match vary {
            Vary::Length => lengthen(effect, times),
            Vary::Severity => strengthen(effect, times),
        };
    }
    let after = last(&varied).unwrap_or(0);
    varied.duration_ns = (model.duration_ns + after).saturating_sub(before).max(model.warmup_ns + 1);
    varied.phases.clear();
    any.then_some(varied)
}

fn lengthen(effect: &mut Effect, times: f64) -> bool {
    let Some(end_ns) = effect.end_ns.filter(|_| !matches!(effect.parameter, Parameter::StoreClear(_))) else {
        return false;
    };
    let length = (end_ns - effect.start_ns) as f64 * times;
    effect.end_ns = Some(effect.start_ns + (length as u64).max(1));
    effect.ramp_ns = (effect.ramp_ns as f64 * times.min(1.0)) as u64;
    true
}

/// Further from what it is without the fault, as far as that goes.
fn strengthen(effect: &mut Effect, times: f64) -> bool {
    let (neutral, most) = match effect.op {
        EffectOp::Multiply => (1.0, f64::INFINITY),
        EffectOp::Add => (0.0, f64::INFINITY),
        EffectOp::Combine => (0.0, 1.0),
        EffectOp::Set | EffectOp::Or => return false,
    };
    effect.value = (neutral + (effect.value - neutral) * times).clamp(0.0, most);
    true
}
