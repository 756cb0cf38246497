//! Programs: what a strand does between two waits.

use super::Engine;
use super::calendar::{Event, How};
use super::draws::whole_ns;
use super::strands::{Strand, StrandId};
use sysdl_kernel::draw::{chance, nth, step_draw, step_key};
use sysdl_kernel::outcome;
use sysdl_lower::plan::{NONE, OpKind, Plan};

/// A row of the operations table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    kind: OpKind,
    pub(super) next: u32,
    pub(super) alt: u32,
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) c: u32,
    pub(super) f: f64,
    pub(super) coalesce: bool,
    pub(super) fail: u32,
    path: u64,
    scope: u32,
}

impl Engine<'_> {
    fn op(&self, op: u32) -> Op {
        let (ops, i) = (&self.plan.ops, op as usize);
        Op {
            kind: ops.kind[i],
            next: ops.next[i],
            alt: ops.alt[i],
            a: ops.a[i],
            b: ops.b[i],
            c: ops.c[i],
            f: ops.f[i],
            coalesce: ops.coalesce[i] == 1,
            fail: ops.fail[i],
            path: ops.path[i],
            scope: ops.scope[i],
        }
    }

    /// A strand goes on at an operation, until it waits or ends.
    pub(super) fn go_on(&mut self, strand: StrandId, entry: u32) {
        let mut at = Some(entry);
        while let Some(op) = at {
            at = self.step(strand, self.op(op));
        }
    }

    /// Does one operation. The operation that follows at once, if any.
    fn step(&mut self, strand: StrandId, op: Op) -> Option<u32> {
        match op.kind {
            OpKind::Work | OpKind::WorkBySize => return self.work(strand, op),
            OpKind::Call => return self.call(strand, op),
            OpKind::Branch => {
                let taken = chance(self.word(strand, op), op.f);
                return Some(if taken { op.next } else { op.alt });
            }
            OpKind::HitRatio => return Some(self.look_up_by_ratio(strand, op)),
            OpKind::HitKey => return self.look_up_drawn(strand, op),
            OpKind::HitRequest => return self.look_up_requested(strand, op),
            OpKind::Fork => self.fork(strand, op),
            OpKind::BranchEnd => self.branch_end(strand),
            OpKind::BranchFail => self.branch_fail(strand),
            OpKind::LoopBegin => return Some(self.loop_begin(strand, op)),
            OpKind::LoopNext => return self.loop_next(strand, op),
            OpKind::Admit => return Some(self.admission(strand, op)),
            OpKind::Fail => return Some(self.fail(strand, op, outcome::FAILED)),
            OpKind::TurnAway => return Some(self.fail(strand, op, outcome::REJECTED)),
            OpKind::BudgetCheck => return Some(if self.budget_lasts(strand, op) { op.next } else { op.alt }),
            OpKind::BudgetOver => return Some(if self.wall_is_over(strand, op) { op.next } else { op.alt }),
            OpKind::Flaw => return Some(self.flaw(strand, op)),
            OpKind::Pause => self.pause(strand, op),
            OpKind::OfClass => {
                let key = self.strands.get(strand).request_key;
                return Some(if key.is_some_and(|key| key % op.a == op.b) { op.next } else { op.alt });
            }
            OpKind::Unwritable => return Some(self.write(strand, op)),
            OpKind::Linger => return self.linger(strand, op),
            OpKind::Room => return self.room(strand, op),
            OpKind::LogSettle if self.log_settle(strand) => return Some(op.next),
            OpKind::LogSettle => {
                self.strands.get(strand).outcome = outcome::FAILED;
                return Some(op.alt);
            }
            OpKind::End => self.end_visit(strand, outcome::OK),
            OpKind::EndFailed => {
                let outcome = self.strands.get(strand).outcome;
                self.end_visit(strand, outcome);
            }
            OpKind::RequestEnd => self.request_end(strand, op.a as usize),
            _ => {
                self.does(strand, op);
                return Some(op.next);
            }
        }
        None
    }

    /// An operation that the strand always goes on from, at once.
    fn does(&mut self, strand: StrandId, op: Op) {
        match op.kind {
            OpKind::Send => self.send(strand, op),
            OpKind::NoKey => self.set_register(strand, op.c, NONE),
            OpKind::Fill => self.fill(strand, op),
            OpKind::Put => self.put(strand, op),
            OpKind::Refresh => self.refresh(strand, op),
            OpKind::Unfetch => self.give_up_fetch(strand, op),
            OpKind::Spawn => self.spawn(strand, op),
            OpKind::ReadCache => self.read_cache(strand, op),
            OpKind::Use => self.use_tokens(strand, op),
            OpKind::BudgetBegin => self.begin_budget(strand, op),
            OpKind::BudgetStop => self.stop_for_budget(strand),
            OpKind::ContextBegin => self.begin_context(strand, op),
            OpKind::Turn => self.turn_is_over(strand, op),
            OpKind::LogPlace => self.log_place(strand, op),
            OpKind::LogCopied => self.log_copied(strand, op),
            OpKind::LogLost => self.log_lost(strand),
            OpKind::Reply => self.reply_step(strand),
            OpKind::RequestBegin => self.request_begin(op.a as usize),
            other => unreachable!("the strand waits for, ends with or chooses at {other:?}"),
        }
    }

    fn fail(&mut self, strand: StrandId, op: Op, outcome: u32) -> u32 {
        if !chance(self.word(strand, op), op.f) {
            return op.next;
        }
        self.strands.get(strand).outcome = outcome;
        op.alt
    }

    fn flaw(&mut self, strand: StrandId, op: Op) -> u32 {
        let (component, replica) = self.place(strand);
        let flaws = self.parameters.at(self.plan.components.slot_flaws[component], replica).unwrap_or(0.0);
        self.fail(strand, Op { f: flaws, ..op }, outcome::FAILED)
    }

    fn write(&mut self, strand: StrandId, op: Op) -> u32 {
        let share = self.failed_writes(strand);
        self.fail(strand, Op { f: share, ..op }, outcome::FAILED)
    }

    fn loop_begin(&mut self, strand: StrandId, op: Op) -> u32 {
        let rounds = if op.b == NONE {
            op.a
        } else {
            let word = self.word(strand, op);
            let extra = self.draws.sample(op.b, word) as u64;
            u64::from(op.a).min(extra.saturating_add(op.f as u64)) as u32
        };
        self.set_register(strand, op.c, 0);
        self.set_register(strand, op.c + 1, rounds);
        if rounds == 0 { op.alt } else { op.next }
    }

    fn loop_next(&mut self, strand: StrandId, op: Op) -> Option<u32> {
        let round = self.register(strand, op.c) + 1;
        self.set_register(strand, op.c, round);
        if round >= self.register(strand, op.c + 1) {
            return Some(op.alt);
        }
        self.strands.get(strand).well = op.next;
        let waiting = self.strands.begin_wait(strand);
        self.resume_next(waiting, How::Well);
        None
    }

    fn pause(&mut self, strand: StrandId, op: Op) {
        let word = self.word(strand, op);
        let pause_ns = whole_ns(self.draws.sample(op.a, word));
        self.strands.get(strand).well = op.next;
        let wait = self.strands.begin_wait(strand).wait;
        let key = self.strands.get(strand).key;
        self.calendar.push(self.now + pause_ns, key, Event::Resume { strand, wait, how: How::Well });
    }

    fn work(&mut self, strand: StrandId, op: Op) -> Option<u32> {
        if let Some(why) = self.reason_to_stop(strand) {
            self.strands.get(strand).outcome = why;
            return Some(op.alt);
        }
        let word = self.word(strand, op);
        let mut time = self.draws.sample(op.a, word);
        if op.kind == OpKind::WorkBySize {
            let (size, result) = self.weights_of_all(strand);
            let (paces, pace, cached) = (&self.plan.paces, op.b as usize, self.strands.get(strand).cached);
            time += paces.per_size[pace] * size as f64;
            time += paces.per_result[pace] * result as f64;
            time += paces.per_cached[pace] * cached as f64;
        }
        let (component, replica) = self.place(strand);
        if let Some(factor) = self.parameters.at(self.plan.components.slot_service[component], replica) {
            time *= factor;
        }
        let working = self.strands.get(strand);
        (working.well, working.badly) = (op.next, op.alt);
        let duration_ns = whole_ns(time);
        if self.plan.components.hold_visit[component] == 1 {
            self.work_for(strand, duration_ns);
            return None;
        }
        if self.ask_for_server(strand, duration_ns) {
            return None;
        }
        self.strands.get(strand).outcome = self.plan.components.overflow[component];
        Some(op.alt)
    }

    /// The strand works, alone or sharing processors.
    pub(super) fn work_for(&mut self, strand: StrandId, duration_ns: u64) {
        let (component, replica) = self.place(strand);
        if self.plan.components.sharing[component] == 1 {
            return self.begin_sharing(component, replica, strand, duration_ns);
        }
        self.interruptible_work_begins(strand, duration_ns);
        self.expect_work_end(strand, duration_ns);
    }

    /// The strand waits until its work should be done.
    pub(super) fn expect_work_end(&mut self, strand: StrandId, duration_ns: u64) {
        let wait = self.strands.begin_wait(strand).wait;
        let key = self.strands.get(strand).key;
        self.calendar.push(self.now + duration_ns, key, Event::WorkEnd { strand, wait });
    }

    /// The random word of an operation.
    pub(super) fn word(&mut self, strand: StrandId, op: Op) -> u64 {
        step_draw(self.folded_key(strand, op), op.path)
    }

    /// The key of what an operation names.
    pub(super) fn key_of_call(&mut self, strand: StrandId, op: Op) -> u64 {
        step_key(self.folded_key(strand, op), op.path)
    }

    /// A strand's key, folded with the rounds of the loops around an operation.
    pub(super) fn folded_key(&mut self, strand: StrandId, op: Op) -> u64 {
        fold(self.plan, self.strands.get(strand), op.scope)
    }

    pub(super) fn register(&mut self, strand: StrandId, register: u32) -> u32 {
        self.strands.get(strand).registers[register as usize]
    }

    pub(super) fn set_register(&mut self, strand: StrandId, register: u32, value: u32) {
        self.strands.get(strand).registers[register as usize] = value;
    }
}

fn fold(plan: &Plan, strand: &Strand, scope: u32) -> u64 {
    if scope == NONE {
        return strand.key;
    }
    let outer = fold(plan, strand, plan.scopes.parent[scope as usize]);
    let round = strand.registers[plan.scopes.register[scope as usize] as usize];
    nth(outer, u64::from(round))
}
