//! Operations → functions of the module.
//!
//! Each *label* is an operation at which a strand can be entered: the begin of a program or branch,
//! where it goes on after a wait, or where two ways meet. A label becomes a function of one strand;
//! operations behind it are emitted in line until the strand waits, ends, or reaches another label.
//! Draws and samplers are in line; queues, policies and counters are the kernel's.

use super::Labels;
use super::memory::Image;
use super::template::Names;
use crate::plan::{NONE, OpKind, Plan, Shape, UNBOUNDED};
use sysdl_kernel::draw::PHI;
use sysdl_kernel::layout::{FRAME_BYTES, frame32, frame64};
use sysdl_kernel::shape::{OCTAVES, SEGMENTS};
use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

/// The strand at hand: the parameter.
const STRAND: u32 = 0;
/// Scratch locals: a word, its octave, an address, a flag.
const WORD: u32 = 1;
const SCRATCH: u32 = 2;
const ADDRESS: u32 = 3;
const FLAG: u32 = 4;
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
        let (next, alt, a, b, c) = (ops.next[i], ops.alt[i], ops.a[i], ops.b[i], ops.c[i]);
        match ops.kind[i] {
            OpKind::Work | OpKind::WorkBySize => self.work(f, op),
            OpKind::Call => {
                self.strand_and(f, a);
                self.step_key(f, op);
                self.labels_of(f, next, alt);
                self.call(f, "k_call");
            }
            OpKind::Send => {
                self.strand_and(f, a);
                self.step_key(f, op);
                self.call(f, "k_send");
                self.go_on(f, next);
            }
            OpKind::Branch => {
                self.chance(f, op, ops.f[i]);
                self.either(f, next, alt);
            }
            OpKind::HitRatio => {
                f.i32_const(a as i32);
                self.step_draw(f, op);
                f.f64_const(ops.f[i].into());
                self.call(f, "k_hit_ratio");
                self.either(f, next, alt);
            }
            OpKind::HitKey | OpKind::HitRequest => self.hit_key(f, op),
            OpKind::NoKey => self.with_strand(f, "k_no_key", &[c], next),
            OpKind::Fill => self.with_strand(f, "k_fill", &[a, c], next),
            OpKind::Put => {
                f.local_get(STRAND).i32_const(a as i32).i32_const(b as i32).i32_const(c as i32);
                self.step_draw(f, op);
                self.call(f, "k_put");
                self.go_on(f, next);
            }
            OpKind::Refresh => {
                f.local_get(STRAND);
                self.fold(f, ops.scope[i]);
                f.i32_const(a as i32).i32_const(b as i32).i32_const(c as i32);
                self.call(f, "k_refresh");
                self.go_on(f, next);
            }
            OpKind::Unfetch => self.with_strand(f, "k_unfetch", &[c], next),
            OpKind::Fork => {
                f.local_get(STRAND);
                self.fold(f, ops.scope[i]);
                f.i32_const(a as i32).i32_const(b as i32).i32_const(c as i32);
                self.labels_of(f, next, alt);
                self.call(f, "k_fork");
            }
            OpKind::Spawn => {
                f.local_get(STRAND);
                self.fold(f, ops.scope[i]);
                f.i32_const(a as i32);
                self.call(f, "k_spawn");
                self.go_on(f, next);
            }
            OpKind::BranchEnd => self.with_strand(f, "k_branch_end", &[], NONE),
            OpKind::BranchFail => self.with_strand(f, "k_branch_fail", &[], NONE),
            OpKind::LoopBegin => self.loop_begin(f, op),
            OpKind::LoopNext => self.loop_next(f, op),
            OpKind::Fail | OpKind::TurnAway => {
                let fails = if ops.kind[i] == OpKind::Fail { "k_fail" } else { "k_turn_away" };
                self.chance(f, op, ops.f[i]);
                f.if_(BlockType::Empty);
                self.with_strand(f, fails, &[], alt);
                f.else_();
                self.go_on(f, next);
                f.end();
            }
            OpKind::ReadCache => self.with_strand(f, "k_read_cache", &[a], next),
            OpKind::Use => self.with_strand(f, "k_use", &[a], next),
            OpKind::BudgetBegin => self.with_strand(f, "k_budget_begin", &[a], next),
            OpKind::BudgetStop => self.with_strand(f, "k_budget_stop", &[], next),
            OpKind::BudgetCheck | OpKind::BudgetOver => {
                let asks = if ops.kind[i] == OpKind::BudgetCheck { "k_budget" } else { "k_budget_over" };
                self.strand_and(f, a);
                self.call(f, asks);
                self.either(f, next, alt);
            }
            OpKind::ContextBegin | OpKind::Turn => {
                let does = if ops.kind[i] == OpKind::Turn { "k_turn" } else { "k_context" };
                self.strand_and(f, a);
                self.step_draw(f, op);
                self.call(f, does);
                self.go_on(f, next);
            }
            OpKind::Flaw => self.fails(f, op, self.plan.components.slot_flaws[self.plan.ops.component[i] as usize]),
            OpKind::Unwritable => {
                let strains = &self.plan.component_strains;
                let row = self.plan.components.strain[self.plan.ops.component[i] as usize];
                self.fails(f, op, strains.slot_writes[row as usize]);
            }
            OpKind::Linger => {
                f.local_get(STRAND);
                self.labels_of(f, next, alt);
                self.call(f, "k_linger");
            }
            OpKind::Admit => {
                self.strand_and(f, a);
                self.call(f, "k_admit");
                self.either(f, next, alt);
            }
            OpKind::Reply => self.with_strand(f, "k_reply", &[], next),
            OpKind::Room => {
                self.strand_and(f, a);
                self.labels_of(f, next, alt);
                self.call(f, "k_room");
            }
            OpKind::Pause => {
                f.local_get(STRAND).i32_const(self.labels.of(next) as i32);
                self.duration(f, op, a);
                self.call(f, "k_pause");
            }
            OpKind::OfClass => {
                self.strand_and(f, a);
                f.i32_const(b as i32);
                self.call(f, "k_of_class");
                self.either(f, next, alt);
            }
            OpKind::LogPlace => self.with_strand(f, "k_log_place", &[a], next),
            OpKind::LogCopied => self.with_strand(f, "k_log_copied", &[a], next),
            OpKind::LogLost => self.with_strand(f, "k_log_lost", &[], next),
            OpKind::LogSettle => {
                f.local_get(STRAND);
                self.call(f, "k_log_settle");
                self.either(f, next, alt);
            }
            OpKind::End => self.with_strand(f, "k_end", &[], NONE),
            OpKind::EndFailed => self.with_strand(f, "k_end_failed", &[], NONE),
            OpKind::RequestBegin => self.with_strand(f, "k_request_begin", &[a], next),
            OpKind::RequestEnd => self.with_strand(f, "k_request_end", &[a], NONE),
        }
    }

    /// Calls a kernel function with the strand and constants, then goes on if there is a successor.
    fn with_strand(&self, f: &mut InstructionSink<'_>, function: &'static str, constants: &[u32], next: u32) {
        f.local_get(STRAND);
        for &constant in constants {
            f.i32_const(constant as i32);
        }
        self.call(f, function);
        if next != NONE {
            self.go_on(f, next);
        }
    }

    fn call(&self, f: &mut InstructionSink<'_>, function: &'static str) {
        let index = self.kernel[function];
        f.call(index);
    }

    fn strand_and(&self, f: &mut InstructionSink<'_>, constant: u32) {
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

    /// A whole, positive number of nanoseconds of a distribution, on the stack.
    fn duration(&self, f: &mut InstructionSink<'_>, op: u32, distribution: u32) {
        let works = self.plan.ops.kind[op as usize] != OpKind::Pause;
        let factor = self.plan.component_of_op(op).filter(|_| works).and_then(|component| {
            let slot = self.plan.components.slot_service[component as usize];
            (slot != NONE).then_some((component, slot))
        });
        let constant = self.plan.distributions.shape[distribution as usize] == Shape::Constant;
        let by_size = self.plan.ops.kind[op as usize] == OpKind::WorkBySize;
        if self.folds && constant && factor.is_none() && !by_size {
            let duration = (self.plan.distributions.scale[distribution as usize] as u64).max(1);
            f.i64_const(duration as i64);
            return;
        }
        self.sample(f, op, distribution);
        if by_size {
            self.strand_and(f, self.plan.ops.b[op as usize]);
            self.call(f, "k_by_size");
        }
        if let Some((component, slot)) = factor {
            self.replica_cell(f, component, slot);
            f.f64_mul();
        }
        f.i64_trunc_sat_f64_u().local_tee(SCRATCH).i64_const(1).local_get(SCRATCH).i64_const(0).i64_ne();
        // select(x, 1, x != 0): a step lasts at least a nanosecond.
        f.select();
    }

    /// The value of a component's slot for the strand's replica, on the stack.
    fn replica_cell(&self, f: &mut InstructionSink<'_>, component: u32, slot: u32) {
        let first_cell = self.plan.slots.first_cell[slot as usize];
        let first_replica = self.plan.components.first_replica[component as usize];
        let base = self.image.header.cells.address.wrapping_add(first_cell.wrapping_sub(first_replica).wrapping_mul(8));
        self.frame32(f, frame32::REPLICA);
        f.i32_const(3).i32_shl().i32_const(base as i32).i32_add().f64_load(at(0, 3));
    }

    /// A value of a distribution in nanoseconds, on the stack.
    fn sample(&self, f: &mut InstructionSink<'_>, op: u32, distribution: u32) {
        let d = distribution as usize;
        let (scale, offset) = (self.plan.distributions.scale[d], self.plan.distributions.offset[d]);
        match self.plan.distributions.shape[d] {
            Shape::Constant => {
                f.f64_const(scale.into());
                return;
            }
            Shape::Uniform => {
                self.step_draw(f, op);
                f.i64_const(11).i64_shr_u().f64_convert_i64_s().f64_const((1.0 / 9_007_199_254_740_992.0).into());
                f.f64_mul();
            }
            Shape::Histogram(ref values) => {
                let points = self.image.tables[d];
                f.i32_const(points as i32).i32_const(values.len() as i32);
                self.step_draw(f, op);
                self.call(f, "if_histogram_one_of");
            }
            _ => {
                self.step_draw(f, op);
                unit(f, self.image.tables[d]);
            }
        }
        scaled(f, offset, scale);
    }

    /// Whether the operation's draw is below a probability, on the stack.
    fn chance(&self, f: &mut InstructionSink<'_>, op: u32, probability: f64) {
        self.step_draw(f, op);
        if self.folds {
            return is_below(f, probability);
        }
        f.i64_const(11).i64_shr_u().f64_convert_i64_s();
        f.f64_const((1.0 / 9_007_199_254_740_992.0).into()).f64_mul().f64_const(probability.into()).f64_lt();
    }

    /// Fails with the probability that a slot of the component has for the strand's replica.
    fn fails(&self, f: &mut InstructionSink<'_>, op: u32, slot: u32) {
        let (next, alt) = (self.plan.ops.next[op as usize], self.plan.ops.alt[op as usize]);
        let component = self.plan.ops.component[op as usize];
        self.step_draw(f, op);
        f.i64_const(11).i64_shr_u().f64_convert_i64_s();
        self.replica_cell(f, component, slot);
        f.f64_const(9_007_199_254_740_992.0.into()).f64_mul().f64_lt();
        f.if_(BlockType::Empty);
        self.with_strand(f, "k_fail", &[], alt);
        f.else_();
        self.go_on(f, next);
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

    fn register_address(&self, f: &mut InstructionSink<'_>) {
        f.local_get(STRAND).i32_const(2).i32_shl();
    }

    fn register_at(&self, register: u32) -> MemArg {
        let header = &self.image.header;
        at(u64::from(header.frame_registers) + u64::from(register) * u64::from(header.frames_max) * 4, 2)
    }

    /// A word of 32 bits of the strand, on the stack.
    fn frame32(&self, f: &mut InstructionSink<'_>, word: u32) {
        let address = u64::from(self.image.header.frames) + u64::from(8 * frame64::COUNT + 4 * word);
        f.local_get(STRAND).i32_const(FRAME_BYTES as i32).i32_mul().i32_load(at(address, 2));
    }

    /// The strand's key folded with the rounds of the loops around an operation, on the stack.
    fn fold(&self, f: &mut InstructionSink<'_>, scope: u32) {
        if scope == NONE {
            let address = u64::from(self.image.header.frames) + u64::from(8 * frame64::KEY);
            f.local_get(STRAND).i32_const(FRAME_BYTES as i32).i32_mul().i64_load(at(address, 3));
            return;
        }
        let scopes = &self.plan.scopes;
        self.fold(f, scopes.parent[scope as usize]);
        self.register_address(f);
        f.i32_load(self.register_at(scopes.register[scope as usize]));
        f.i64_extend_i32_u().i64_const(1).i64_add().i64_const(PHI as i64).i64_mul().i64_add();
        mix(f);
    }

    /// Key of what the operation names, on the stack.
    fn step_key(&self, f: &mut InstructionSink<'_>, op: u32) {
        let ops = &self.plan.ops;
        self.fold(f, ops.scope[op as usize]);
        f.i64_const(ops.path[op as usize] as i64).i64_xor();
        mix(f);
    }

    /// The operation's random word, on the stack.
    fn step_draw(&self, f: &mut InstructionSink<'_>, op: u32) {
        let ops = &self.plan.ops;
        self.fold(f, ops.scope[op as usize]);
        f.i64_const(ops.path[op as usize] as i64).i64_xor().i64_const(PHI as i64).i64_add();
        mix(f);
    }
}

/// A constant offset with an alignment.
pub(super) fn at(offset: u64, align: u32) -> MemArg {
    MemArg { offset, align, memory_index: 0 }
}

/// `sysdl_kernel::draw::mix` of the word on the stack.
pub(super) fn mix(f: &mut InstructionSink<'_>) {
    for (shift, factor) in [(30, 0xBF58_476D_1CE4_E5B9_u64), (27, 0x94D0_49BB_1331_11EB)] {
        f.local_tee(WORD).local_get(WORD).i64_const(shift).i64_shr_u().i64_xor().i64_const(factor as i64).i64_mul();
    }
    f.local_tee(WORD).local_get(WORD).i64_const(31).i64_shr_u().i64_xor();
}

/// Whether the word on the stack, as a number between 0 and 1, is below a probability: both times 2^53 are compared, which is
/// exact, and of whole numbers those less than the next one.
pub(super) fn is_below(f: &mut InstructionSink<'_>, probability: f64) {
    f.i64_const(11).i64_shr_u().i64_const((probability * 9_007_199_254_740_992.0).ceil() as i64).i64_lt_s();
}

/// The number on the stack in another unit, from somewhere on.
pub(super) fn scaled(f: &mut InstructionSink<'_>, offset: f64, scale: f64) {
    f.f64_const(scale.into()).f64_mul();
    if offset != 0.0 {
        f.f64_const(offset.into()).f64_add();
    }
}

/// `sysdl_kernel::shape::unit` of the word on the stack, from a table at a constant address.
pub(super) fn unit(f: &mut InstructionSink<'_>, table: u32) {
    let (tail, octave, last) = (8 * (OCTAVES * SEGMENTS + 1), 8 * SEGMENTS, 8 * (SEGMENTS - 1));
    // WORD: the word; FLAG: the octave; SCRATCH: what lies below the octave's bit.
    f.local_tee(WORD).i64_const(31).i64_shr_u().i32_wrap_i64().i32_const(1).i32_or().i32_clz().local_set(FLAG);
    f.local_get(WORD).local_get(FLAG).i32_const(2).i32_add().i64_extend_i32_u().i64_shl().local_set(SCRATCH);
    // The cell's place in bytes: tail + octave + (last − segment).
    f.local_get(WORD).i64_const(63).i64_shr_s().i32_wrap_i64().i32_const(tail as i32).i32_and();
    f.local_get(FLAG).i32_const(octave.trailing_zeros() as i32).i32_shl().i32_add().i32_const(last as i32).i32_add();
    f.local_get(SCRATCH).i64_const(55).i64_shr_u().i32_wrap_i64().i32_const(last as i32).i32_and().i32_sub();
    f.local_set(ADDRESS);
    let (near, far) = (at(u64::from(table), 3), at(u64::from(table) + 8, 3));
    // far + (near − far) · fraction
    f.local_get(ADDRESS).f64_load(far);
    f.local_get(ADDRESS).f64_load(near).local_get(ADDRESS).f64_load(far).f64_sub();
    // The segment above the fraction is where an exponent of 0 has its ones.
    f.local_get(SCRATCH).i64_const(6).i64_shr_u().i64_const(1f64.to_bits() as i64).i64_or();
    f.f64_reinterpret_i64().f64_const(1.0.into()).f64_sub().f64_mul().f64_add();
}

const _: () = assert!(NONE == UNBOUNDED);
