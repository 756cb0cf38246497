//! Which operations are entered from elsewhere, and so become functions.

use crate::plan::{NONE, OpKind, Plan};

/// Labels of a plan: some operations, numbered in row order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    of_op: Vec<Option<u32>>,
    ops: Vec<u32>,
}

impl Labels {
    /// Finds the labels, some more included: every operation, if none is to follow another in line.
    pub(super) fn find(plan: &Plan, in_line: bool, also: impl Iterator<Item = u32>) -> Self {
        let ops = &plan.ops;
        let count = ops.kind.len();
        let mut entered = vec![false; count];
        let mut ways_in = vec![0u32; count];
        let mut enter = |op: u32| {
            if op != NONE {
                entered[op as usize] = true;
            }
        };
        plan.programs.entry.iter().chain(&plan.branches.entry).copied().chain(also).for_each(&mut enter);
        for i in 0..count {
            match ops.kind[i] {
                OpKind::Work | OpKind::WorkBySize | OpKind::Call | OpKind::Fork | OpKind::Room | OpKind::Linger => {
                    enter(ops.next[i]);
                    enter(ops.alt[i]);
                }
                OpKind::LoopNext | OpKind::Pause => enter(ops.next[i]),
                OpKind::HitKey | OpKind::HitRequest if ops.coalesce[i] == 1 => {
                    enter(ops.next[i]);
                    enter(ops.fail[i]);
                }
                _ => {}
            }
            for way in [ops.next[i], ops.alt[i]] {
                if way != NONE {
                    ways_in[way as usize] += 1;
                }
            }
        }
        let is_label = |i: usize| !in_line || entered[i] || ways_in[i] > 1;
        let ops: Vec<u32> = (0..count).filter(|&i| is_label(i)).map(|i| i as u32).collect();
        let mut of_op = vec![None; count];
        for (label, &op) in ops.iter().enumerate() {
            of_op[op as usize] = Some(label as u32);
        }
        Self { of_op, ops }
    }

    /// The label of an operation, if it is one.
    pub(super) fn get(&self, op: u32) -> Option<u32> {
        self.of_op.get(op as usize).copied().flatten()
    }

    /// The label of an operation that must be one; 0 where there is no operation.
    pub(super) fn of(&self, op: u32) -> u32 {
        debug_assert!(op == NONE || self.get(op).is_some(), "operation {op} is entered but no label");
        self.get(op).unwrap_or(0)
    }

    /// Operations that are labels, by label.
    pub(super) fn ops(&self) -> &[u32] {
        &self.ops
    }
}
