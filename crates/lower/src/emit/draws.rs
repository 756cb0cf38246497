//! Draws and samplers, in line: keys of what an operation names, random words, and the times and chances that are made of them.

use super::code::{ADDRESS, Emitter, FLAG, SCRATCH, STRAND, WORD, at};
use crate::plan::{NONE, OpKind, Shape};
use sysdl_kernel::draw::PHI;
use sysdl_kernel::layout::{FRAME_BYTES, frame32, frame64};
use sysdl_kernel::shape::{OCTAVES, SEGMENTS};
use wasm_encoder::InstructionSink;

impl Emitter<'_> {
    /// A whole, positive number of nanoseconds of a distribution, on the stack.
    pub(super) fn duration(&self, f: &mut InstructionSink<'_>, op: u32, distribution: u32) {
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
    pub(super) fn replica_cell(&self, f: &mut InstructionSink<'_>, component: u32, slot: u32) {
        let first_cell = self.plan.slots.first_cell[slot as usize];
        let first_replica = self.plan.components.first_replica[component as usize];
        let base = self.image.header.cells.address.wrapping_add(first_cell.wrapping_sub(first_replica).wrapping_mul(8));
        self.frame32(f, frame32::REPLICA);
        f.i32_const(3).i32_shl().i32_const(base as i32).i32_add().f64_load(at(0, 3));
    }

    /// A value of a distribution in nanoseconds, on the stack.
    pub(super) fn sample(&self, f: &mut InstructionSink<'_>, op: u32, distribution: u32) {
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
    pub(super) fn chance(&self, f: &mut InstructionSink<'_>, op: u32, probability: f64) {
        self.step_draw(f, op);
        if self.folds {
            return is_below(f, probability);
        }
        f.i64_const(11).i64_shr_u().f64_convert_i64_s();
        f.f64_const((1.0 / 9_007_199_254_740_992.0).into()).f64_mul().f64_const(probability.into()).f64_lt();
    }

    /// The strand's key folded with the rounds of the loops around an operation, on the stack.
    pub(super) fn fold(&self, f: &mut InstructionSink<'_>, scope: u32) {
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
    pub(super) fn step_key(&self, f: &mut InstructionSink<'_>, op: u32) {
        let ops = &self.plan.ops;
        self.fold(f, ops.scope[op as usize]);
        f.i64_const(ops.path[op as usize] as i64).i64_xor();
        mix(f);
    }

    /// The operation's random word, on the stack.
    pub(super) fn step_draw(&self, f: &mut InstructionSink<'_>, op: u32) {
        let ops = &self.plan.ops;
        self.fold(f, ops.scope[op as usize]);
        f.i64_const(ops.path[op as usize] as i64).i64_xor().i64_const(PHI as i64).i64_add();
        mix(f);
    }
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
