//! Operations → functions of the module.
//!
//! Each *label* is an operation at which a strand can be entered: the begin of a program or branch,
//! where it goes on after a wait, or where two ways meet. A label becomes a function of one strand;
//! operations behind it are emitted in line until the strand waits, ends, or reaches another label.
//! Draws and samplers are in line (`draws.rs`); queues, policies and counters are the kernel's.

use super::Labels;
use super::memory::Image;
use super::template::Names;
use crate::plan::{NONE, OpKind, Plan, Shape, UNBOUNDED};
use sysdl_kernel::layout::{FRAME_BYTES, frame64};
use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

/// The strand at hand: the parameter.
pub(super) const STRAND: u32 = 0;
/// Scratch locals: a word, its octave, an address, a flag.
pub(super) const WORD: u32 = 1;
pub(super) const SCRATCH: u32 = 2;
pub(super) const ADDRESS: u32 = 3;
pub(super) const FLAG: u32 = 4;
const ROUNDS: u32 = 5;

/// What is needed to emit any operation.
pub(super) struct Emitter<'a> {
    pub(super) plan: &'a Plan,
    pub(super) labels: &'a Labels,
    pub(super) image: &'a Image,
    /// Kernel functions by name.
    pub(super) kernel: &'a Names,
    /// Function index of label 0.
    pub(super) first_label: u32,
    /// Whether what is constant is reckoned here.
    pub(super) folds: bool,
}

impl Emitter<'_> {
    /// The function of a label.
    pub(super) fn label_function(&self, op: u32) -> Function {
        let locals = [(1, ValType::I64), (1, ValType::I64), (1, ValType::I32), (1, ValType::I32), (1, ValType::I32)];
        let mut function = Function::new(locals);
        self.op(&mut function.instructions(), op);
        function.instructions().end();
        function
    }

    /// The function that fills the unit tables, each by the kernel's function of its family.
    pub(super) fn tables_function(&self) -> Function {
        let mut function = Function::new([]);
        let f = &mut function.instructions();
        for fill in &self.image.fills {
            f.i32_const(fill.table as i32);
            let data = |f: &mut InstructionSink<'_>| {
                f.i32_const(fill.data.address as i32).i32_const(fill.data.len as i32);
            };
            match fill.shape {
                Shape::LogNormal(sigma) => {
                    f.f64_const(sigma.into());
                    self.call(f, "k_table_lognormal");
                }
                Shape::Gamma(cv) => {
                    f.f64_const(cv.into());
                    self.call(f, "k_table_gamma");
                }
                Shape::Weibull(shape) => {
                    f.f64_const(shape.into());
                    self.call(f, "k_table_weibull");
                }
                Shape::Pareto { alpha, ratio } => {
                    f.f64_const(alpha.into()).f64_const(ratio.into());
                    self.call(f, "k_table_pareto");
                }
                Shape::Percentiles(_) => {
                    data(f);
                    self.call(f, "k_table_percentiles");
                }
                Shape::Values(_) => {
                    data(f);
                    self.call(f, "k_table_values");
                }
                Shape::Mixture(_) => {
                    data(f);
                    self.call(f, "k_table_mixture");
                }
                Shape::Constant | Shape::Uniform | Shape::Histogram(_) | Shape::Exponential => {
                    self.call(f, "k_table_exponential")
                }
            }
        }
        f.end();
        function
    }

    /// Goes on at an operation: in line, or by a call if it is a label.
    fn go_on(&self, f: &mut InstructionSink<'_>, op: u32) {
        match self.labels.get(op) {
            Some(label) => {
                f.local_get(STRAND).call(self.first_label + label);
            }
            None => self.op(f, op),
        }
    }

    fn op(&self, f: &mut InstructionSink<'_>, op: u32) {
        let ops = &self.plan.ops;
        let i = op as usize;
        let (kind, next, alt) = (ops.kind[i], ops.next[i], ops.alt[i]);
        match form(kind) {
            Form::Does(function, operands) => {
                self.ask(f, function, operands, op);
                if next != NONE {
                    self.go_on(f, next);
                }
            }
            Form::Asks(function, operands) => {
                self.ask(f, function, operands, op);
                self.either(f, next, alt);
            }
            Form::Waits(function, operands) => {
                f.local_get(STRAND);
                self.operands(f, operands, op);
                self.labels_of(f, next, alt);
                self.call(f, function);
            }
            Form::Else => self.something_else(f, op),
        }
    }

    /// An operation of which more is to say than which function it calls.
    fn something_else(&self, f: &mut InstructionSink<'_>, op: u32) {
        let ops = &self.plan.ops;
        let i = op as usize;
        let (next, alt) = (ops.next[i], ops.alt[i]);
        match ops.kind[i] {
            OpKind::Branch => {
                self.chance(f, op, ops.f[i]);
                self.either(f, next, alt);
            }
            OpKind::HitRatio => {
                f.i32_const(ops.a[i] as i32);
                self.step_draw(f, op);
                f.f64_const(ops.f[i].into());
                self.call(f, "k_hit_ratio");
                self.either(f, next, alt);
            }
            OpKind::HitKey | OpKind::HitRequest => self.hit_key(f, op),
            OpKind::LoopBegin => self.loop_begin(f, op),
            OpKind::LoopNext => self.loop_next(f, op),
            OpKind::Fail | OpKind::TurnAway => {
                self.chance(f, op, ops.f[i]);
                self.ends_badly(f, op, if ops.kind[i] == OpKind::Fail { "k_fail" } else { "k_turn_away" });
            }
            OpKind::Flaw => self.fails(f, op, self.plan.components.slot_flaws[ops.component[i] as usize]),
            OpKind::Unwritable => {
                let strain = self.plan.components.strain[ops.component[i] as usize];
                self.fails(f, op, self.plan.component_strains.slot_writes[strain as usize]);
            }
            OpKind::Pause => {
                f.local_get(STRAND).i32_const(self.labels.of(next) as i32);
                self.duration(f, op, ops.a[i]);
                self.call(f, "k_pause");
            }
            _ => self.work(f, op),
        }
    }

    /// Calls a kernel function with the strand and operands.
    fn ask(&self, f: &mut InstructionSink<'_>, function: &'static str, operands: &[Operand], op: u32) {
        f.local_get(STRAND);
        self.operands(f, operands, op);
        self.call(f, function);
    }

    fn operands(&self, f: &mut InstructionSink<'_>, operands: &[Operand], op: u32) {
        let ops = &self.plan.ops;
        let i = op as usize;
        let constant = |f: &mut InstructionSink<'_>, value: u32| {
            f.i32_const(value as i32);
        };
        for operand in operands {
            match operand {
                A => constant(f, ops.a[i]),
                B => constant(f, ops.b[i]),
                C => constant(f, ops.c[i]),
                Rounds => self.fold(f, ops.scope[i]),
                Key => self.step_key(f, op),
                Word => self.step_draw(f, op),
            }
        }
    }

    pub(super) fn call(&self, f: &mut InstructionSink<'_>, function: &'static str) {
        let index = self.kernel[function];
        f.call(index);
    }

    pub(super) fn strand_and(&self, f: &mut InstructionSink<'_>, constant: u32) {
        f.local_get(STRAND).i32_const(constant as i32);
    }

    fn labels_of(&self, f: &mut InstructionSink<'_>, next: u32, alt: u32) {
        f.i32_const(self.labels.of(next) as i32).i32_const(self.labels.of(alt) as i32);
    }

    /// `next` if the flag on the stack is set, else `alt`.
    fn either(&self, f: &mut InstructionSink<'_>, next: u32, alt: u32) {
        f.if_(BlockType::Empty);
        self.go_on(f, next);
        f.else_();
        self.go_on(f, alt);
        f.end();
    }

    fn work(&self, f: &mut InstructionSink<'_>, op: u32) {
        let i = op as usize;
        let ops = &self.plan.ops;
        f.local_get(STRAND);
        self.labels_of(f, ops.next[i], ops.alt[i]);
        self.duration(f, op, ops.a[i]);
        self.call(f, "k_work");
    }

    /// Fails with the probability that a slot of the component has for the strand's replica.
    fn fails(&self, f: &mut InstructionSink<'_>, op: u32, slot: u32) {
        self.step_draw(f, op);
        f.i64_const(11).i64_shr_u().f64_convert_i64_s();
        self.replica_cell(f, self.plan.ops.component[op as usize], slot);
        f.f64_const(9_007_199_254_740_992.0.into()).f64_mul().f64_lt();
        self.ends_badly(f, op, "k_fail");
    }

    /// If the flag on the stack is set, the strand has a bad outcome and goes to `alt`, else to `next`.
    fn ends_badly(&self, f: &mut InstructionSink<'_>, op: u32, how: &'static str) {
        f.if_(BlockType::Empty).local_get(STRAND);
        self.call(f, how);
        self.go_on(f, self.plan.ops.alt[op as usize]);
        f.else_();
        self.go_on(f, self.plan.ops.next[op as usize]);
        f.end();
    }

    fn hit_key(&self, f: &mut InstructionSink<'_>, op: u32) {
        let ops = &self.plan.ops;
        let i = op as usize;
        let (next, alt, coalesce) = (ops.next[i], ops.alt[i], ops.coalesce[i]);
        f.local_get(STRAND).i32_const(ops.a[i] as i32).i32_const(ops.b[i] as i32).i32_const(ops.c[i] as i32);
        let drawn = ops.kind[i] == OpKind::HitKey;
        if drawn {
            self.step_draw(f, op);
        }
        f.i32_const(coalesce as i32);
        if coalesce == 1 {
            self.labels_of(f, next, ops.fail[i]);
        } else {
            f.i32_const(0).i32_const(0);
        }
        self.call(f, if drawn { "k_hit_key" } else { "k_hit_request" });
        if coalesce == 1 {
            // 2: it waits, and is woken at one of the labels.
            f.local_tee(FLAG).i32_const(2).i32_eq().if_(BlockType::Empty).return_().end().local_get(FLAG);
        }
        self.either(f, next, alt);
    }

    fn loop_begin(&self, f: &mut InstructionSink<'_>, op: u32) {
        let ops = &self.plan.ops;
        let i = op as usize;
        let (most, extra, register) = (ops.a[i], ops.b[i], ops.c[i]);
        let (next, alt) = (ops.next[i], ops.alt[i]);
        if extra == NONE {
            f.i32_const(most as i32).local_set(ROUNDS);
        } else {
            self.sample(f, op, extra);
            f.i64_trunc_sat_f64_u().local_tee(SCRATCH).i64_const(i64::from(most)).local_get(SCRATCH);
            f.i64_const(i64::from(most)).i64_lt_u().select();
            // min(most, base + rounds): it is added to a number that is at most `most`, then cut again.
            f.i32_wrap_i64()
                .i32_const(ops.f[i] as i32)
                .i32_add()
                .local_tee(ROUNDS)
                .i32_const(most as i32)
                .local_get(ROUNDS);
            f.i32_const(most as i32).i32_lt_u().select().local_set(ROUNDS);
        }
        self.register_address(f);
        f.i32_const(0).i32_store(self.register_at(register));
        self.register_address(f);
        f.local_get(ROUNDS).i32_store(self.register_at(register + 1));
        f.local_get(ROUNDS);
        self.either(f, next, alt);
    }

    fn loop_next(&self, f: &mut InstructionSink<'_>, op: u32) {
        let ops = &self.plan.ops;
        let i = op as usize;
        let (next, alt, register) = (ops.next[i], ops.alt[i], ops.c[i]);
        self.register_address(f);
        f.local_tee(ADDRESS).local_get(ADDRESS).i32_load(self.register_at(register));
        f.i32_const(1).i32_add().local_tee(ROUNDS).i32_store(self.register_at(register));
        f.local_get(ROUNDS).local_get(ADDRESS).i32_load(self.register_at(register + 1)).i32_lt_u();
        f.if_(BlockType::Empty);
        self.strand_and(f, self.labels.of(next));
        self.call(f, "k_later");
        f.else_();
        self.go_on(f, alt);
        f.end();
    }

    pub(super) fn register_address(&self, f: &mut InstructionSink<'_>) {
        f.local_get(STRAND).i32_const(2).i32_shl();
    }

    pub(super) fn register_at(&self, register: u32) -> MemArg {
        let header = &self.image.header;
        at(u64::from(header.frame_registers) + u64::from(register) * u64::from(header.frames_max) * 4, 2)
    }

    /// A word of 32 bits of the strand, on the stack.
    pub(super) fn frame32(&self, f: &mut InstructionSink<'_>, word: u32) {
        let address = u64::from(self.image.header.frames) + u64::from(8 * frame64::COUNT + 4 * word);
        f.local_get(STRAND).i32_const(FRAME_BYTES as i32).i32_mul().i32_load(at(address, 2));
    }
}

/// What a kernel function is given beside the strand.
#[derive(Clone, Copy)]
enum Operand {
    /// The operation's operands of these names.
    A,
    B,
    C,
    /// The strand's key folded with the rounds of the loops around the operation.
    Rounds,
    /// Key of what the operation names.
    Key,
    /// The operation's random word.
    Word,
}

use Operand::{A, B, C, Key, Rounds, Word};

/// What an operation is: a kernel function with what it is given, or something else.
enum Form {
    /// The function does it; then the strand goes on if there is a successor.
    Does(&'static str, &'static [Operand]),
    /// The function answers: yes, `next`; no, `alt`.
    Asks(&'static str, &'static [Operand]),
    /// The strand goes on later, at the label of `next` or of `alt`, which the function is given last.
    Waits(&'static str, &'static [Operand]),
    Else,
}

fn form(kind: OpKind) -> Form {
    use Form::{Asks, Does, Else, Waits};
    match kind {
        OpKind::Send => Does("k_send", &[A, Key]),
        OpKind::NoKey => Does("k_no_key", &[C]),
        OpKind::Fill => Does("k_fill", &[A, C]),
        OpKind::Put => Does("k_put", &[A, B, C, Word]),
        OpKind::Refresh => Does("k_refresh", &[Rounds, A, B, C]),
        OpKind::Unfetch => Does("k_unfetch", &[C]),
        OpKind::Spawn => Does("k_spawn", &[Rounds, A]),
        OpKind::BranchEnd => Does("k_branch_end", &[]),
        OpKind::BranchFail => Does("k_branch_fail", &[]),
        OpKind::ReadCache => Does("k_read_cache", &[A]),
        OpKind::Use => Does("k_use", &[A]),
        OpKind::BudgetBegin => Does("k_budget_begin", &[A]),
        OpKind::BudgetStop => Does("k_budget_stop", &[]),
        OpKind::ContextBegin => Does("k_context", &[A, Word]),
        OpKind::Turn => Does("k_turn", &[A, Word]),
        OpKind::Reply => Does("k_reply", &[]),
        OpKind::LogPlace => Does("k_log_place", &[A]),
        OpKind::LogCopied => Does("k_log_copied", &[A]),
        OpKind::LogLost => Does("k_log_lost", &[]),
        OpKind::End => Does("k_end", &[]),
        OpKind::EndFailed => Does("k_end_failed", &[]),
        OpKind::RequestBegin => Does("k_request_begin", &[A]),
        OpKind::RequestEnd => Does("k_request_end", &[A]),
        OpKind::BudgetCheck => Asks("k_budget", &[A]),
        OpKind::BudgetOver => Asks("k_budget_over", &[A]),
        OpKind::Admit => Asks("k_admit", &[A]),
        OpKind::OfClass => Asks("k_of_class", &[A, B]),
        OpKind::LogSettle => Asks("k_log_settle", &[]),
        OpKind::Call => Waits("k_call", &[A, Key]),
        OpKind::Fork => Waits("k_fork", &[Rounds, A, B, C]),
        OpKind::Linger => Waits("k_linger", &[]),
        OpKind::Room => Waits("k_room", &[A]),
        OpKind::Work | OpKind::WorkBySize | OpKind::Pause => Else,
        OpKind::Branch | OpKind::HitRatio | OpKind::HitKey | OpKind::HitRequest => Else,
        OpKind::LoopBegin | OpKind::LoopNext => Else,
        OpKind::Fail | OpKind::TurnAway | OpKind::Flaw | OpKind::Unwritable => Else,
    }
}

/// A constant offset with an alignment.
pub(super) fn at(offset: u64, align: u32) -> MemArg {
    MemArg { offset, align, memory_index: 0 }
}

const _: () = assert!(NONE == UNBOUNDED);
