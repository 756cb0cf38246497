//! Scenarios, walked for every place where a name of the user's stands.

use super::names::{Sort, family, root, system_of};
use super::uses::Walk;
use crate::syntax::ast::{Action, Aim, Assign, ExprKind, Node, Path, Section, Statement, Trigger, Window};

impl Walk<'_> {
    pub(super) fn scenario(&mut self, section: &Section) {
        section.of.iter().for_each(|of| _ = self.plain(Sort::System, of));
        let name = &section.name.text;
        self.family = family(self.program, &system_of(self.program, name));
        self.root = root(self.program, name);
        section.body.statements.iter().for_each(|statement| self.of_scenario(statement));
        self.family.clear();
    }

    fn of_scenario(&mut self, statement: &Statement) {
        match &statement.node {
            Node::Assign(assign) => match &assign.value.kind {
                ExprKind::Path(path) if assign.target.word() == Some("extends") => _ = self.plain(Sort::Scenario, path),
                _ => self.value(&assign.value),
            },
            Node::Set(assign) => self.set(assign),
            Node::Phase(_, range) => self.value(range),
            Node::Timed(trigger, action) => {
                match trigger {
                    Trigger::At(time) => self.value(time),
                    Trigger::Every(every, from, to) => {
                        [Some(every), from.as_ref(), to.as_ref()].into_iter().flatten().for_each(|v| self.value(v));
                    }
                    Trigger::When(condition, lasting) => {
                        self.measured(condition);
                        lasting.iter().for_each(|time| self.value(time));
                    }
                    Trigger::Random(args, _) => self.args(args),
                }
                self.action(action);
            }
            Node::Expect(expect) => {
                self.measured(&expect.condition);
                if let Some((tolerance, value)) = &expect.near {
                    self.value(tolerance);
                    self.value(value);
                }
                expect.windows.iter().for_each(|window| self.window(window));
            }
            _ => {}
        }
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::Inject { fault, args, on, lasting, ramp, fade, stagger, then, .. } => {
                self.mention(Sort::Fault, "", &fault.text, fault.span);
                self.args(args);
                on.iter().for_each(|aim| self.aim(aim));
                [lasting, ramp, fade, stagger].into_iter().flatten().for_each(|time| self.value(time));
                then.iter().for_each(|action| self.action(action));
            }
            Action::Set { assign, lasting, .. } => {
                self.set(assign);
                lasting.iter().for_each(|time| self.value(time));
            }
            Action::Mark(_) => {}
        }
    }

    fn aim(&mut self, aim: &Aim) {
        match aim {
            Aim::At(path) => self.part(path),
            Aim::Edge(from, to) => {
                self.part(from);
                self.part(to);
            }
            Aim::Kind(kind) => _ = self.plain(Sort::Kind, kind),
            Aim::Zone(..) => {}
        }
    }

    /// `set peak = …`, `set web.replicas = …`, `set web.get.lookup.coalesce = …`
    fn set(&mut self, assign: &Assign) {
        self.value(&assign.value);
        if !self.plain(Sort::Value, &assign.target) {
            self.part(&assign.target);
        }
    }

    fn window(&mut self, window: &Window) {
        match window {
            Window::During(expr) => match &expr.kind {
                ExprKind::Path(path) => self.moment(path),
                _ => self.value(expr),
            },
            Window::Within(time, event) => {
                self.value(time);
                self.moment(event);
            }
            Window::After(event) => self.moment(event),
            Window::InTime(time) | Window::For(time) | Window::Over(time) => self.value(time),
        }
    }

    fn moment(&mut self, path: &Path) {
        let root = self.root.clone();
        self.mention(Sort::Moment, &root, &path.dotted(), path.span);
    }
}
