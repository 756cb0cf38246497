//! Children of a pair that are yet to be taken, in order.

use super::Rule;
use super::build::P;
use pest::iterators::Pairs;

/// Children that are yet to be taken, in order.
pub(super) struct Children<'i>(pub(super) Vec<P<'i>>);

impl<'i> Children<'i> {
    pub(super) fn next(&mut self) -> Option<P<'i>> {
        if self.0.is_empty() { None } else { Some(self.0.remove(0)) }
    }

    /// The next child of a rule; those before it are dropped, but only if there is one.
    pub(super) fn find(&mut self, rule: Rule) -> Option<P<'i>> {
        let at = self.0.iter().position(|p| p.as_rule() == rule)?;
        self.0.drain(..=at).next_back()
    }

    /// The next child if it is of a rule; keywords before it are passed over.
    pub(super) fn find_next(&mut self, rule: Rule) -> Option<P<'i>> {
        self.find_next_of(&[rule])
    }

    pub(super) fn find_next_of(&mut self, rules: &[Rule]) -> Option<P<'i>> {
        let at = self.0.iter().position(|p| !is_token(p.as_rule()))?;
        if !rules.contains(&self.0[at].as_rule()) {
            return None;
        }
        self.0.drain(..=at).next_back()
    }
}

fn is_token(rule: Rule) -> bool {
    matches!(rule, Rule::eq | Rule::colon | Rule::comma | Rule::lp | Rule::rp | Rule::lb | Rule::rb)
        || format!("{rule:?}").starts_with("kw_")
}

/// Children without documentation in odd places.
pub(super) fn significant(pairs: Pairs<'_, Rule>) -> Vec<P<'_>> {
    pairs.filter(|p| p.as_rule() != Rule::doc || p.as_str().starts_with("///")).collect()
}
