//! `utilization(api[0])`, `per_replica = on`: what is measured of each replica.

use super::faults::Target;
use super::system::Builder;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::Path;
use sysdl_runtime::expect::Subject;
use sysdl_runtime::meta::WATCHED_MAX;

impl Builder<'_> {
    /// `api[0]`: the component's replicas are watched from now on.
    pub(super) fn replica_subject(&mut self, component: usize, path: &Path) -> Option<Subject> {
        let name = self.drafts[component].name.text.clone();
        if path.segments.len() > 1 {
            let message = format!("traffic enters at `{name}`, not at one of its replicas");
            let diagnostic = Diagnostic::new(&codes::E0710, message, path.span, "not measured");
            self.eval.report(diagnostic.help(format!("measure the replica: `p99({name}[0])`")));
            return None;
        }
        let Target::Replicas { first, count, .. } = self.replicas_of(component, path)? else { return None };
        if count != 1 {
            let message = format!("`{name}` is measured as a whole, or replica by replica");
            let diagnostic = Diagnostic::new(&codes::E0710, message, path.span, "several replicas");
            self.eval.report(diagnostic.help(format!("write `{name}[{first}]`, or `{name}`")));
            return None;
        }
        self.components[component].watched = true;
        Some(Subject::Replica(name, first))
    }

    /// Replicas that have rows of their own take memory for each window.
    pub(super) fn too_many_watched(&mut self) {
        let watched = self.components.iter().enumerate().filter(|(_, component)| component.watched);
        let all: Vec<(usize, usize)> = watched.map(|(index, of)| (index, of.replicas as usize)).collect();
        let count: usize = all.iter().map(|(_, replicas)| replicas).sum();
        if count > WATCHED_MAX
            && let Some((index, _)) = all.iter().max_by_key(|(_, replicas)| *replicas)
        {
            let message = format!("{count} replicas are watched one by one; the limit is {WATCHED_MAX}");
            let span = self.drafts[*index].name.span;
            let diagnostic = Diagnostic::new(&codes::E0514, message, span, "it has most of them");
            self.eval.report(diagnostic.help("remove `per_replica = on`, and measure the component as a whole"));
        }
    }
}
