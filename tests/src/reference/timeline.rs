//! The timeline: effects begin, change and end, and what they act on follows.

use super::Engine;
use super::calendar::Event;
use super::draws::whole_ns;
use sysdl_kernel::draw::{draw, nth, source_key};
use sysdl_kernel::fact;
use sysdl_lower::plan::{NONE, Plan, SlotKind};

/// Values of live parameters.
pub(super) struct Parameters {
    first_cell: Vec<u32>,
    cells: Vec<f64>,
    /// Value of each effect while it is active.
    effects: Vec<Option<f64>>,
    /// The cell of each effect that strikes whoever leads when it begins.
    struck: Vec<Option<u32>>,
}

impl Parameters {
    /// Every parameter has its base value.
    pub(super) fn new(plan: &Plan) -> Self {
        let slots = &plan.slots;
        let count: u32 = slots.cells.iter().sum();
        let mut cells = vec![0.0; count as usize];
        for slot in 0..slots.kind.len() {
            let first = slots.first_cell[slot] as usize;
            cells[first..first + slots.cells[slot] as usize].fill(slots.base[slot]);
        }
        Parameters {
            first_cell: slots.first_cell.clone(),
            cells,
            effects: vec![None; plan.effects.op.len()],
            struck: vec![None; plan.effects.op.len()],
        }
    }

    /// Value of a slot with one cell; none without a slot.
    pub(super) fn of(&self, slot: u32) -> Option<f64> {
        self.at(slot, 0)
    }

    /// Value of a slot for a replica; none without a slot.
    pub(super) fn at(&self, slot: u32, replica: usize) -> Option<f64> {
        (slot != NONE).then(|| self.cells[self.first_cell[slot as usize] as usize + replica])
    }

    /// Cells that an effect acts on.
    fn covered(&self, plan: &Plan, effect: usize) -> std::ops::Range<u32> {
        let (first, count) = (plan.effects.first[effect], plan.effects.count[effect]);
        match (count, self.struck[effect]) {
            (0, None) => 0..0,
            (0, Some(cell)) => cell..cell + 1,
            _ => first..first + count,
        }
    }

    /// What a cell of a slot comes to under all active effects.
    fn composed(&self, plan: &Plan, slot: usize, cell: u32) -> f64 {
        let rows = &plan.effects;
        let mut value = plan.slots.base[slot];
        for op in 0..=4 {
            for effect in 0..rows.op.len() {
                let covers = self.covered(plan, effect).contains(&cell);
                if rows.op[effect] != op || rows.slot[effect] as usize != slot || !covers {
                    continue;
                }
                if let Some(with) = self.effects[effect] {
                    value = compose(op, value, with);
                }
            }
        }
        value
    }
}

/// One effect on a value. Operations are numbered in the order in which they compose.
fn compose(op: u32, value: f64, with: f64) -> f64 {
    match op {
        0 => with,
        1 => value * with,
        2 => value + with,
        3 => 1.0 - (1.0 - value) * (1.0 - with),
        4 => value.max(with),
        _ => panic!("no such operation: {op}"),
    }
}

impl Engine<'_> {
    /// Every row of the timeline will act.
    pub(super) fn schedule_timeline(&mut self) {
        for (row, &at_ns) in self.plan.timeline.at_ns.iter().enumerate() {
            self.calendar.push(at_ns, row as u64, Event::Timeline { row });
        }
        for row in 0..self.plan.flickers.effect.len() {
            let start_ns = self.plan.flickers.start_ns[row].max(1);
            self.schedule_turn(row, start_ns, self.plan.flickers.after[row]);
        }
    }

    /// A row of the timeline acts.
    pub(super) fn change(&mut self, row: usize) {
        let timeline = &self.plan.timeline;
        let (effect, active, value) = (timeline.effect[row] as usize, timeline.active[row] == 1, timeline.value[row]);
        self.switch(effect, active, value);
    }

    /// An effect that comes and goes does either.
    pub(super) fn turn(&mut self, row: usize) {
        let rows = &self.plan.flickers;
        let over = self.now >= rows.end_ns[row];
        let comes = !over && self.turns[row].is_multiple_of(2);
        self.turns[row] += 1;
        self.switch(rows.effect[row] as usize, comes, if comes { rows.value[row] } else { 0.0 });
        if !over {
            self.schedule_turn(row, self.now, if comes { rows.lasting[row] } else { rows.after[row] });
        }
    }

    /// Schedules the next turn of an effect; one that is there goes at its end at the latest.
    fn schedule_turn(&mut self, row: usize, from_ns: u64, time: u32) {
        let rows = &self.plan.flickers;
        let word = draw(nth(source_key(self.seed, rows.hash[row]), self.turns[row]), rows.hash[row]);
        let at_ns = from_ns.saturating_add(whole_ns(self.draws.sample(time, word)));
        let is_there = self.turns[row] % 2 == 1;
        if at_ns < rows.end_ns[row] || is_there && rows.end_ns[row] <= self.plan.run.duration_ns {
            let key = (1 << 32) + row as u64;
            self.calendar.push(at_ns.min(rows.end_ns[row]), key, Event::Turn { row });
        }
    }

    pub(super) fn switch(&mut self, effect: usize, active: bool, value: f64) {
        let plan = self.plan;
        let slot = plan.effects.slot[effect] as usize;
        if active && self.parameters.effects[effect].is_none() && plan.effects.count[effect] == 0 {
            let leader = self.leader_struck(plan.slots.owner[slot] as usize);
            self.parameters.struck[effect] = leader.map(|r| r as u32);
        }
        self.parameters.effects[effect] = active.then_some(value);

        let owner = plan.component_of_slot(slot);
        let owner = (owner != NONE).then_some(owner as usize);
        self.windows.fact(owner, fact::effect(plan.effects.hash[effect], self.now, active, value));

        for cell in self.parameters.covered(plan, effect) {
            let index = (plan.slots.first_cell[slot] + cell) as usize;
            let new = self.parameters.composed(plan, slot, cell);
            match plan.slots.kind[slot] {
                SlotKind::Speed => self.progress(plan.slots.owner[slot] as usize, cell as usize),
                SlotKind::Quota => self.settle_quota(plan.slots.owner[slot] as usize),
                _ => {}
            }
            let old = std::mem::replace(&mut self.parameters.cells[index], new);
            if old != new {
                self.follow(slot, cell as usize, old, new);
            }
        }
        let owner = plan.slots.owner[slot] as usize;
        if plan.slots.kind[slot] == SlotKind::Down && plan.components.shared_queue[owner] == 1 {
            self.take_up(owner);
        }
    }

    /// Does what a change of a parameter brings about.
    fn follow(&mut self, slot: usize, cell: usize, old: f64, new: f64) {
        let owner = self.plan.slots.owner[slot] as usize;
        match self.plan.slots.kind[slot] {
            SlotKind::Level | SlotKind::Quota => {}
            SlotKind::Down if old == 0.0 => self.take_down(owner, cell, new),
            SlotKind::Down if new == 0.0 => self.bring_up(owner, cell),
            SlotKind::Down => {}
            SlotKind::Rate => self.change_rate(owner, new),
            SlotKind::Speed => {
                self.change_speed(owner, cell);
                if self.stations[owner].group.is_some() {
                    self.presence(owner, cell);
                }
            }
            SlotKind::Clear if old == 0.0 => self.clear_store(owner),
            SlotKind::Clear => {}
            SlotKind::Connections if old == 0.0 => self.close_connections(owner),
            SlotKind::Connections => {}
            SlotKind::Replicas => self.resize(owner, new as u32),
            SlotKind::Draining => self.change_draining(owner, cell, new != 0.0),
            SlotKind::Users => self.change_users(owner),
            SlotKind::Servers => self.change_servers(owner, cell, new),
            SlotKind::Permits => self.change_permits(owner as u32),
            SlotKind::Rebalance if old == 0.0 => self.ask_for_assignment(owner),
            SlotKind::Rebalance => {}
        }
        if matches!(self.plan.slots.kind[slot], SlotKind::Down | SlotKind::Speed | SlotKind::Draining) {
            self.attendance(owner, cell);
        }
    }
}
