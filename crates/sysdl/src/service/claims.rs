//! `complete` in a scenario: what happens, to whom, and what is claimed of it.

use super::candidates::Candidates;
use super::names::{Sort, root};

impl Candidates<'_> {
    /// What follows the first words of a statement.
    pub(super) fn in_scenario(&mut self, before: &[&str]) {
        let inject = before.iter().rposition(|word| *word == "inject");
        if let Some(inject) = inject {
            return self.injection(&before[inject + 1..]);
        }
        match before {
            ["set"] | [.., "set"] => {
                self.own(Sort::Value, "", "value", " = ");
                self.components(".");
                self.traffic();
            }
            ["expect" | "warn", rest @ ..] => self.claim(rest),
            ["when", rest @ ..] => self.claim(rest),
            ["every", _] => self.words(&["from", "to", "inject"]),
            ["every", .., "from" | "to"] => {}
            ["at" | "every" | "random", _, ..] => self.words(&["inject", "set", "mark"]),
            _ => {}
        }
    }

    /// What follows `inject`.
    fn injection(&mut self, said: &[&str]) {
        let on = said.iter().position(|word| *word == "on");
        let faults = &self.document.analysis.program.faults;
        let target =
            said.first().and_then(|fault| faults.get(*fault)).map_or("", |def| def.target.text.as_str()).to_owned();
        match (said, on) {
            ([], _) => self.faults(),
            ([.., "->"], _) => self.components(""),
            ([.., "on", "kind"], _) => self.kinds(),
            ([.., "on"], _) => self.targets(&target),
            (_, None) => self.words(&["on"]),
            ([.., "for" | "ramp" | "fade" | "stagger" | "as" | "zone"], _) => {}
            _ => self.words(&["for", "ramp", "fade", "stagger", "as", "then"]),
        }
    }

    pub(super) fn targets(&mut self, of: &str) {
        match of {
            "link" => self.edges(),
            "source" => self.traffic(),
            _ => {
                self.components("");
                self.words(&["zone", "kind"]);
            }
        }
    }

    /// What follows `expect`, `warn`, `when`, or `good =`.
    pub(super) fn claim(&mut self, said: &[&str]) {
        let first = self.place.before.first().copied().unwrap_or("");
        let starts = ["fail", "always", "eventually", "never", "and", "or"];
        match said.last().copied() {
            Some("during") => self.moments(&["phase"]),
            Some("after") => self.moments(&["phase", "event"]),
            Some("within" | "over" | "for" | "of") => {}
            None => {
                self.metrics();
                self.components("");
                if first == "expect" {
                    self.words(&["fail", "always", "eventually", "never", "heals", "metastable"]);
                }
            }
            Some(last) if starts.contains(&last) || last.starts_with('"') => {
                self.metrics();
                self.components("");
            }
            Some("<" | ">" | "<=" | ">=" | "==" | "!=") => {
                self.own(Sort::Value, "", "value", "");
                self.values(["open", "closed"].into_iter().filter(|_| said.contains(&"breaker")), "");
            }
            Some("heals" | "metastable") => self.words(&["within"]),
            Some(_) if first == "when" => self.words(&["and", "or", "for", "inject", "set"]),
            Some(_) if first == "good" => {}
            Some(_) => self.words(&["during", "within", "after", "over", "and", "or"]),
        }
    }

    /// Phases and events of the scenario around and of what it extends.
    fn moments(&mut self, of: &[&str]) {
        let root = root(&self.document.analysis.program, self.place.scenario.unwrap_or(""));
        self.own(Sort::Moment, &root, "value", "");
        self.items.retain(|item| of.contains(&item.detail.as_str()));
    }
}
