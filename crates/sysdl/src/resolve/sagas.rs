//! `saga { step { … } undo { … } … } else { … }` → steps that are tried, and undone when a later one fails.
//!
//! `a, b, c` with undos `x, y` becomes `a, try { b, try { c } else { y, fail } } else { x, fail }`: what was done is
//! undone in reverse order. A step that fails has done nothing, and the last one needs no undo.

use super::steps::Place;
use super::system::{Builder, readable};
use crate::syntax::ast::{Block, Node, Step as StepNode};
use sysdl_lower::model::Step;

/// A part of a saga, and how it is undone.
type Part = (Vec<Step>, Vec<Step>);

impl Builder<'_> {
    pub(super) fn saga(&mut self, block: &Block, otherwise: Option<&Block>, place: &Place) -> Vec<Step> {
        let mut parts: Vec<Part> = Vec::new();
        for statement in readable(block) {
            if let Node::Step(StepNode::Undoable(body, undo)) = &statement.node {
                let body = self.steps(body, place);
                let undo = undo.as_ref().map(|undo| self.steps(undo, place)).unwrap_or_default();
                parts.push((body, undo));
            } else {
                parts.push((self.steps_of(statement, place), Vec::new()));
            }
        }
        let body = undone(&parts);
        match otherwise {
            None => body,
            Some(otherwise) => vec![Step::Try { body, otherwise: self.steps(otherwise, place) }],
        }
    }
}

/// The parts in order; when one fails, those before it are undone, the last of them first, and the whole fails.
fn undone(parts: &[Part]) -> Vec<Step> {
    let Some(((done, undo), rest)) = parts.split_first() else { return Vec::new() };
    let rest = undone(rest);
    let rest = if undo.is_empty() || rest.is_empty() {
        rest
    } else {
        let otherwise = undo.iter().cloned().chain([Step::Fail(1.0)]).collect();
        vec![Step::Try { body: rest, otherwise }]
    };
    done.iter().cloned().chain(rest).collect()
}
