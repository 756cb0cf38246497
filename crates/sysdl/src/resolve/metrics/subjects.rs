//! What a metric is of, and whether that has it.

use super::super::system::Builder;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Arg, ExprKind, Path};
use crate::syntax::span::Span;
use sysdl_runtime::expect::Subject;

impl Builder<'_> {
    pub(super) fn argument(&mut self, arg: &Arg) -> Option<Subject> {
        let ExprKind::Path(path) = &arg.value.kind else {
            self.eval.report(
                Diagnostic::new(&codes::E0710, "a metric needs a name", arg.value.span, "not a name")
                    .help("write the name of a component, `component.endpoint`, or `a -> b`"),
            );
            return None;
        };
        match &arg.to {
            Some(to) => self.edge_subject(path, to),
            None => self.subject(path),
        }
    }

    /// A component, or an endpoint that traffic enters.
    pub(super) fn subject(&mut self, path: &Path) -> Option<Subject> {
        let component = self.component_of(path)?;
        let name = self.drafts[component].name.text.clone();
        if path.segments.first().is_some_and(|segment| segment.index.is_some()) {
            return self.replica_subject(component, path);
        }
        if path.segments.len() == 1 {
            return Some(Subject::Component(name));
        }
        let endpoint = self.endpoint_of(component, path)?;
        let flow = format!("{name}.{}", self.drafts[component].endpoints[endpoint].name.text);
        let entered = self.is_entered(component, endpoint);
        let wrong = |d: &Diagnostic| d.code.id.starts_with("E060");
        if !entered && (self.traffic_in_doubt || self.eval.diagnostics.iter().any(wrong)) {
            // What enters where is in doubt, and was reported.
            return None;
        }
        if !entered {
            let message = format!("no traffic enters at `{flow}`, so its response time is not measured");
            let help = format!("measure the component: `{name}`, or the edge: `a -> {name}`");
            self.eval.report(Diagnostic::new(&codes::E0710, message, path.span, "not an entry").help(help));
            return None;
        }
        Some(Subject::Flow(flow))
    }

    /// `a -> b`, where `a` may be traffic.
    pub(super) fn edge_subject(&mut self, from: &Path, to: &Path) -> Option<Subject> {
        let is_traffic = from.word().is_some_and(|word| self.by_source.contains_key(word));
        let a = if is_traffic {
            from.word().map(str::to_owned)
        } else {
            self.component_of(from).map(|row| self.drafts[row].name.text.clone())
        };
        let b = self.component_of(to);
        let name = format!("{}->{}", a?, self.drafts[b?].name.text);
        if self.edges.iter().any(|edge| edge.name == name) {
            return Some(Subject::Edge(name));
        }
        let message = format!("no edge leads from `{}` to `{}`", from.dotted(), to.dotted());
        self.eval.report(
            Diagnostic::new(&codes::E0301, message, from.span.to(to.span), "not found")
                .help("name an edge of the system"),
        );
        None
    }

    /// Behind a topic it is its consumers that lag: those of a topic with one group are meant by its name. So with the
    /// queue of what keeps messages, which wait where they are consumed.
    pub(super) fn who_lags(&mut self, word: &str, subject: Subject, span: Span) -> Option<Subject> {
        let Subject::Component(topic) = &subject else { return Some(subject) };
        let keeps = self.by_name.get(topic).is_some_and(|&row| self.drafts[row].log.is_some());
        if word != "lag" && !(keeps && word.starts_with("queue")) {
            return Some(subject);
        }
        let handles = |row: usize| self.drafts[row].endpoints.iter().any(|endpoint| endpoint.handler);
        let Some(row) = self.by_name.get(topic).copied().filter(|&row| !handles(row)) else { return Some(subject) };
        let handed_over =
            self.edge_drafts.iter().filter(|edge| edge.from == row && edge.asynchronous && handles(edge.to));
        let mut consumers: Vec<&str> = handed_over.map(|edge| self.drafts[edge.to].name.text.as_str()).collect();
        consumers.dedup();
        match consumers.as_slice() {
            [] => Some(subject),
            [only] => Some(Subject::Component((*only).to_owned())),
            [first, ..] => {
                let message = format!("whose {word}? `{topic}` has {} groups", consumers.len());
                let help = format!("write `{word}({first})`; its consumers are {}", consumers.join(", "));
                self.eval.report(Diagnostic::new(&codes::E0710, message, span, "several groups").help(help));
                None
            }
        }
    }
}
