//! `at 25min set agent.replicas = 10` → effects of the model.

use super::system::Builder;
use super::value::{Scope, Value};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Assign, Path};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_lower::model::{Arrivals, ComponentId, Effect, EffectOp, Fleet, Parameter};

/// Most replicas that a component can be set to.
const REPLICAS_MAX: f64 = 100_000.0;

impl Builder<'_> {
    /// The effect of a `set` during a run, without its times.
    pub(super) fn timed_set(&mut self, assign: &Assign) -> Option<Effect> {
        let path = &assign.target;
        let [subject, property] = path.segments.as_slice() else { return self.not_settable(path) };
        let scope = Rc::clone(&self.scope);
        let name = subject.name.text.clone();
        let (parameter, value) = if let Some(&source) = self.by_source.get(&name) {
            let closed = matches!(self.sources[source].arrivals, Arrivals::Closed { .. });
            match property.name.text.as_str() {
                "users" if closed => return self.set_users(source, assign, &scope),
                "users" => {
                    let message = format!("`{name}` has no users: its requests come by themselves");
                    let diagnostic = Diagnostic::new(&codes::E0903, message, path.span, "nobody to be more or fewer");
                    self.eval.report(diagnostic.help(format!("set its rate: `set {name}.rate = 100rps`")));
                    return None;
                }
                "rate" => {}
                _ => return self.not_settable(path),
            }
            if !matches!(self.sources[source].arrivals, Arrivals::Open { .. }) {
                let message = format!("`{name}` is a population of users: how fast they ask is up to them");
                let diagnostic = Diagnostic::new(&codes::E0903, message, path.span, "it has no rate");
                self.eval.report(diagnostic.help(format!("set how many they are: `set {name}.users = 900`")));
                return None;
            }
            (Parameter::SourceRate(source as u32), self.quantity_in(&assign.value, Dimension::Rate, "rate", &scope))
        } else {
            let index = self.component_of(&Path { segments: vec![subject.clone()], span: path.span })?;
            if property.name.text != "replicas" {
                return self.not_settable(path);
            }
            let value = self.quantity_in(&assign.value, Dimension::Count, "replicas", &scope);
            self.may_resize(index, &value, path.span)?;
            (Parameter::StationReplicas(ComponentId(index as u32)), value)
        };
        let Value::Number(value, _) = value else { return None };
        Some(set_effect(path, parameter, value))
    }

    /// `at 5min set people.users = 900`
    fn set_users(&mut self, source: usize, assign: &Assign, scope: &Rc<Scope>) -> Option<Effect> {
        let value = self.quantity_in(&assign.value, Dimension::Count, "users", scope);
        let Value::Number(users, _) = value else { return None };
        if users > super::traffic::USERS_MAX {
            let message = format!("{users} users; the limit is {}", super::traffic::USERS_MAX);
            let diagnostic = Diagnostic::new(&codes::E0212, message, assign.value.span, "too many");
            self.eval.report(diagnostic.help("set it to fewer"));
            return None;
        }
        Some(set_effect(&assign.target, Parameter::SourceUsers(source as u32), users))
    }

    /// Makes room for as many replicas as a component is set to.
    fn may_resize(&mut self, index: usize, value: &Value, span: Span) -> Option<()> {
        let Value::Number(wanted, _) = *value else { return None };
        let name = &self.drafts[index].name.text;
        if wanted > REPLICAS_MAX {
            let message = format!("`{name}` would have {wanted} replicas; the limit is {REPLICAS_MAX}");
            self.eval.report(Diagnostic::new(&codes::E0212, message, span, "too many").help("set it to fewer"));
            return None;
        }
        let component = &mut self.components[index];
        if component.fleet.as_ref().is_some_and(|fleet| fleet.autoscaler.is_some()) {
            let message = format!("the autoscaler of `{name}` decides how many replicas it has");
            let diagnostic = Diagnostic::new(&codes::E0903, message, span, "set by two");
            self.eval.report(diagnostic.help("remove `autoscale`, or this"));
            return None;
        }
        let startup_ns = self.drafts[index].startup_ns;
        let initial = component.replicas;
        component.fleet.get_or_insert(Fleet { initial, startup_ns, autoscaler: None });
        component.replicas = component.replicas.max(wanted as u32);
        Some(())
    }

    fn not_settable(&mut self, path: &Path) -> Option<Effect> {
        let message = format!("`{}` cannot be set during a run", path.dotted());
        let diagnostic = Diagnostic::new(&codes::E0903, message, path.span, "fixed once the run has begun");
        self.eval.report(diagnostic.help(
            "what can be: `component.replicas`, `traffic.rate` and `traffic.users`; write `set` without `at` for the whole run, or inject a fault",
        ));
        None
    }
}

/// The effect of a `set`, without its times.
fn set_effect(path: &Path, parameter: Parameter, value: f64) -> Effect {
    Effect {
        label: format!("set {} to {}", path.dotted(), crate::units::trimmed(value)),
        event: None,
        parameter,
        first: 0,
        count: 1,
        op: EffectOp::Set,
        value,
        start_ns: 0,
        end_ns: None,
        ramp_ns: 0,
        fade_ns: 0,
        when: None,
        random: None,
    }
}
