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
    model.triggers.push(Trigger { condition: never(), for_ns: 0 });
    for effect in model.effects.iter_mut().filter(|effect| which(effect)) {
        let lasting_ns = effect.parameter.acts_at_once().then_some(1);
        effect.when = Some(When { trigger, lasting_ns });
        (effect.start_ns, effect.end_ns, effect.ramp_ns, effect.random) = (0, None, 0, None);
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
