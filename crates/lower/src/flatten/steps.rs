//! Steps of one program → operations.
//!
//! Operations are made from the last step to the first, because each names its successor; they are
//! turned around at the end, so that rows read in the order the user wrote.

use super::tables::Tables;
use super::{intakes, strains};
use crate::model::{Call, ComponentId, Count, Endpoint, Hit, Keys, Model, Parameter, Step, Strain};
use crate::plan::{NONE, OpKind, Ops};
use rustc_hash::FxHashMap;
use sysdl_kernel::draw::name_hash;

/// What a program is in around a branch.
pub(super) struct Outer {
    scope: u32,
    registers: u32,
    budget: Option<(u32, u32)>,
    turns: Option<u32>,
}

/// Builds the operations of one program.
pub(super) struct Programmer<'a> {
    pub(super) model: &'a Model,
    /// Component whose program it is, or [`NONE`] for a source's.
    pub(super) component: u32,
    pub(super) tables: &'a mut Tables,
    pub(super) ops: Ops,
    /// How often a label was used, so that equal siblings get numbers.
    used: FxHashMap<String, u32>,
    scope: u32,
    registers: u32,
    registers_max: u32,
    first_branch: usize,
    /// Row of the budget that steps are checked against, and where a visit goes that has used it up.
    budget: Option<(u32, u32)>,
    /// Rounds of loops are counted; row of the context that grows with them, or [`NONE`].
    turns: Option<u32>,
}

impl<'a> Programmer<'a> {
    pub(super) fn new(model: &'a Model, tables: &'a mut Tables, component: u32) -> Self {
        let first_branch = tables.plan.branches.entry.len();
        Self {
            model,
            component,
            tables,
            ops: Ops::default(),
            used: FxHashMap::default(),
            scope: NONE,
            registers: 0,
            registers_max: 0,
            first_branch,
            budget: None,
            turns: None,
        }
    }

    /// A new operation without successors.
    pub(super) fn op(&mut self, kind: OpKind, label: &str) -> u32 {
        let ops = &mut self.ops;
        ops.kind.push(kind);
        ops.next.push(NONE);
        ops.alt.push(NONE);
        ops.a.push(0);
        ops.b.push(0);
        ops.c.push(0);
        ops.f.push(0.0);
        ops.coalesce.push(0);
        ops.fail.push(NONE);
        ops.path.push(name_hash(label));
        ops.scope.push(self.scope);
        ops.label.push(label.to_owned());
        ops.kind.len() as u32 - 1
    }

    /// The steps of an endpoint, with what belongs to it as a whole.
    pub(super) fn endpoint(
        &mut self,
        component: ComponentId,
        endpoint: &Endpoint,
        mut end: u32,
        mut failed: u32,
        name: &str,
    ) -> u32 {
        let budget = endpoint.budget.as_ref().map(|budget| self.tables.budget(component, budget));
        let context = endpoint.context.as_ref().map(|context| self.tables.context(context));
        if let Some(row) = budget {
            let stop = self.simple(OpKind::BudgetStop, name, end, NONE, row);
            failed = self.simple(OpKind::BudgetOver, name, stop, failed, row);
            self.budget = Some((row, stop));
        }
        self.turns = (budget.is_some() || context.is_some()).then_some(context.unwrap_or(NONE));
        if strains::tarry(self.model, component) {
            end = self.simple(OpKind::Linger, &format!("{name}/linger"), end, failed, 0);
        }
        let flaws = Parameter::StationFlaws(component);
        if self.model.effects.iter().any(|effect| effect.parameter == flaws) {
            end = self.simple(OpKind::Flaw, &format!("{name}/flaw"), end, failed, 0);
        }
        let mut entry = self.steps(&endpoint.steps, end, failed, name);
        if endpoint.writes && strains::changes(self.model, Strain::WriteErrors(component)) {
            entry = self.simple(OpKind::Unwritable, &format!("{name}/write"), entry, failed, 0);
        }
        if let Some(row) = context {
            entry = self.simple(OpKind::ContextBegin, &format!("{name}/context"), entry, NONE, row);
        }
        if let Some(row) = budget {
            entry = self.simple(OpKind::BudgetBegin, name, entry, NONE, row);
        }
        entry
    }

    /// `parent/step`, numbered from the second equal sibling on.
    fn labels(&mut self, steps: &[Step], parent: &str) -> Vec<String> {
        steps
            .iter()
            .map(|step| {
                let label = format!("{parent}/{}", self.word(step));
                let count = self.used.entry(label.clone()).or_insert(0);
                *count += 1;
                if *count == 1 { label } else { format!("{label}#{count}") }
            })
            .collect()
    }

    fn word(&self, step: &Step) -> String {
        let target = |call: &Call| {
            let component = &self.model.components[call.endpoint.component.0 as usize];
            format!("{}.{}", component.name, component.endpoints[call.endpoint.index as usize].name)
        };
        match step {
            Step::Work(_) | Step::WorkBySize(_) => "work".to_owned(),
            Step::ReadCache(_) => "read cached".to_owned(),
            Step::Use(_) => "use".to_owned(),
            Step::TurnAway(_) => "turn away".to_owned(),
            Step::Call(call) => format!("call {}", target(call)),
            Step::Lookup { call: Some(call), .. } => format!("lookup {}", target(call)),
            Step::Lookup { call: None, .. } => "lookup self".to_owned(),
            Step::Put { call, remove, .. } => {
                let verb = if *remove { "invalidate" } else { "fill" };
                format!("{verb} {}", call.as_ref().map_or_else(|| "self".to_owned(), target))
            }
            Step::Parallel { .. } => "parallel".to_owned(),
            Step::With { .. } => "with".to_owned(),
            Step::Loop { .. } => "loop".to_owned(),
            Step::Try { .. } => "try".to_owned(),
            Step::Background(_) => "background".to_owned(),
            Step::Send(call) => format!("send {}", target(call)),
            Step::Admit { .. } => "admit".to_owned(),
            Step::Pause(_) => "pause".to_owned(),
            Step::OfClass { .. } => "class".to_owned(),
            Step::Fail(_) => "fail".to_owned(),
            Step::Reply => "reply".to_owned(),
            Step::Room { .. } => "room".to_owned(),
            Step::Append(append) => format!("append {}", target(&append.call)),
        }
    }

    /// The steps in order, then `next`; `fail` from wherever one of them fails.
    pub(super) fn steps(&mut self, steps: &[Step], next: u32, fail: u32, parent: &str) -> u32 {
        let labels = self.labels(steps, parent);
        steps.iter().zip(&labels).rev().fold(next, |next, (step, label)| {
            let op = self.step(step, next, fail, label);
            self.checked(step, op, label)
        })
    }

    /// A step that takes time is not begun once the budget is used up.
    fn checked(&mut self, step: &Step, op: u32, label: &str) -> u32 {
        let takes_time = matches!(
            step,
            Step::Work(_)
                | Step::WorkBySize(_)
                | Step::Call(_)
                | Step::Append(_)
                | Step::Lookup { .. }
                | Step::Parallel { .. }
        );
        match self.budget {
            Some((row, stop)) if takes_time => self.simple(OpKind::BudgetCheck, label, op, stop, row),
            _ => op,
        }
    }

    fn step(&mut self, step: &Step, next: u32, fail: u32, label: &str) -> u32 {
        match step {
            Step::Work(time) => {
                let distribution = self.tables.distribution(time);
                self.simple(OpKind::Work, label, next, fail, distribution)
            }
            Step::WorkBySize(work) => {
                let distribution = self.tables.distribution(&work.time);
                let op = self.simple(OpKind::WorkBySize, label, next, fail, distribution);
                self.ops.b[op as usize] = self.tables.pace(work);
                op
            }
            Step::ReadCache(cache) => {
                let row = self.tables.prompt_cache(cache);
                self.simple(OpKind::ReadCache, label, next, NONE, row)
            }
            Step::TurnAway(probability) => {
                let op = self.simple(OpKind::TurnAway, label, next, fail, 0);
                self.ops.f[op as usize] = *probability;
                op
            }
            Step::Use(prices) => {
                let row = self.tables.price(prices);
                self.simple(OpKind::Use, label, next, NONE, row)
            }
            Step::Call(call) => self.call(call, next, fail, label),
            Step::Send(call) => {
                let site = self.tables.site(self.model, call, false);
                self.simple(OpKind::Send, label, next, NONE, site)
            }
            Step::Reply => self.simple(OpKind::Reply, label, next, NONE, 0),
            Step::Pause(time) => {
                let distribution = self.tables.distribution(time);
                self.simple(OpKind::Pause, label, next, NONE, distribution)
            }
            Step::OfClass { of, class, then } => {
                let then = self.steps(then, next, fail, label);
                let op = self.simple(OpKind::OfClass, label, then, next, *of);
                self.ops.b[op as usize] = *class;
                op
            }
            Step::Room { edges, waits } => self.room(edges, *waits, (next, fail), label),
            Step::Append(append) => self.append(append, (next, fail), label),
            Step::Admit { partitions, rate, burst, by_weight } => {
                let row = self.tables.admission(*partitions, *rate, *burst, *by_weight);
                self.simple(OpKind::Admit, label, next, fail, row)
            }
            Step::Fail(probability) => {
                let op = self.simple(OpKind::Fail, label, next, fail, 0);
                self.ops.f[op as usize] = *probability;
                op
            }
            Step::With { probability, then, otherwise } => {
                let otherwise = self.steps(otherwise, next, fail, &format!("{label}/else"));
                let then = self.steps(then, next, fail, label);
                let op = self.simple(OpKind::Branch, label, then, otherwise, 0);
                self.ops.f[op as usize] = *probability;
                op
            }
            Step::Parallel { branches, need } => self.fork(branches, *need, next, fail, label),
            Step::Try { body, otherwise } => {
                let instead = self.steps(otherwise, next, fail, &format!("{label}/else"));
                self.steps(body, next, instead, label)
            }
            Step::Background(body) => self.spawn(body, next, label),
            Step::Loop { count, body } => self.repeat(count, body, next, fail, label),
            Step::Lookup { call, hit, miss } => self.lookup(call.as_ref(), hit, miss, (next, fail), label),
            Step::Put { call, keys, remove } => self.put(call.as_ref(), *keys, *remove, (next, fail), label),
        }
    }

    pub(super) fn simple(&mut self, kind: OpKind, label: &str, next: u32, alt: u32, a: u32) -> u32 {
        let op = self.op(kind, label);
        self.ops.next[op as usize] = next;
        self.ops.alt[op as usize] = alt;
        self.ops.a[op as usize] = a;
        op
    }

    pub(super) fn call(&mut self, call: &Call, next: u32, fail: u32, label: &str) -> u32 {
        let site = self.tables.site(self.model, call, true);
        let alt = if call.skip_failure { next } else { fail };
        self.simple(OpKind::Call, label, next, alt, site)
    }

    /// A branch that nobody waits for.
    fn spawn(&mut self, body: &[Step], next: u32, label: &str) -> u32 {
        let outer = (self.scope, self.registers);
        let of_visit = (self.budget.take(), self.turns.take());
        (self.scope, self.registers) = (NONE, 0);
        let end = self.op(OpKind::BranchEnd, label);
        let failed = self.op(OpKind::BranchFail, label);
        let entry = self.steps(body, end, failed, label);
        (self.scope, self.registers) = outer;
        (self.budget, self.turns) = of_visit;

        let row = self.branch(entry, label);
        self.simple(OpKind::Spawn, label, next, NONE, row)
    }

    /// Each branch is a strand with a key and registers of its own.
    fn fork(&mut self, branches: &[Vec<Step>], need: u32, next: u32, fail: u32, label: &str) -> u32 {
        let outer = self.enter_branch();
        let end = self.op(OpKind::BranchEnd, label);
        let failed = self.op(OpKind::BranchFail, label);
        let entries: Vec<(u32, u64)> = branches
            .iter()
            .enumerate()
            .map(|(i, branch)| {
                let label = format!("{label}/{}", i + 1);
                (self.steps(branch, end, failed, &label), name_hash(&label))
            })
            .collect();
        self.leave_branch(outer);
        self.fork_of(entries, need, (next, fail), label)
    }

    /// What follows is in a branch, until [`Self::leave_branch`] is given what this returns.
    pub(super) fn enter_branch(&mut self) -> Outer {
        let outer = Outer {
            scope: self.scope,
            registers: self.registers,
            budget: self.budget.take(),
            turns: self.turns.take(),
        };
        (self.scope, self.registers) = (NONE, 0);
        outer
    }

    pub(super) fn leave_branch(&mut self, outer: Outer) {
        (self.scope, self.registers) = (outer.scope, outer.registers);
        (self.budget, self.turns) = (outer.budget, outer.turns);
    }

    /// Branches that begin at operations, with the hashes of their paths.
    pub(super) fn fork_of(
        &mut self,
        entries: Vec<(u32, u64)>,
        need: u32,
        (next, fail): (u32, u32),
        label: &str,
    ) -> u32 {
        let op = self.simple(OpKind::Fork, label, next, fail, 0);
        let rows = &mut self.tables.plan.branches;
        self.ops.a[op as usize] = rows.entry.len() as u32;
        self.ops.b[op as usize] = entries.len() as u32;
        self.ops.c[op as usize] = need;
        for (entry, path) in entries {
            rows.entry.push(entry);
            rows.path.push(path);
        }
        op
    }

    fn repeat(&mut self, count: &Count, body: &[Step], next: u32, fail: u32, label: &str) -> u32 {
        let (most, extra, base) = intakes::count(self.tables, count);
        let register = self.register(2);
        let begin = self.simple(OpKind::LoopBegin, label, NONE, next, most);
        let outer = self.scope;
        let scopes = &mut self.tables.plan.scopes;
        scopes.parent.push(outer);
        scopes.register.push(register);
        self.scope = scopes.parent.len() as u32 - 1;
        let again = self.simple(OpKind::LoopNext, &format!("{label}/round"), NONE, next, 0);
        let over = match self.turns {
            Some(context) => self.simple(OpKind::Turn, &format!("{label}/turn"), again, NONE, context),
            None => again,
        };
        let body = self.steps(body, over, fail, label);
        self.scope = outer;
        self.registers -= 2;

        for op in [begin, again] {
            self.ops.next[op as usize] = body;
            self.ops.c[op as usize] = register;
        }
        self.ops.b[begin as usize] = extra;
        self.ops.f[begin as usize] = f64::from(base);
        begin
    }

    /// The component whose store a step reads or writes: that it calls, or its own.
    fn store_asked(&self, call: Option<&Call>) -> ComponentId {
        call.map_or(ComponentId(self.component), |call| call.endpoint.component)
    }

    fn lookup(&mut self, call: Option<&Call>, hit: &Hit, miss: &[Step], (next, fail): (u32, u32), label: &str) -> u32 {
        match *hit {
            Hit::Ratio(ratio) => {
                let store = self.tables.store_of(self.store_asked(call));
                let missed = self.steps(miss, next, fail, &format!("{label}/miss"));
                let decide = self.simple(OpKind::HitRatio, &format!("{label}/hit"), next, missed, store);
                self.ops.f[decide as usize] = ratio;
                call.map_or(decide, |call| self.call(call, decide, missed, label))
            }
            Hit::Keyed { keys, skew, coalesce } => {
                self.lookup_by_key(call, (OpKind::HitKey, Keys { keys, skew }, coalesce), miss, (next, fail), label)
            }
            Hit::Requested { keys, coalesce } => {
                let keys = Keys { keys, skew: 0.0 };
                self.lookup_by_key(call, (OpKind::HitRequest, keys, coalesce), miss, (next, fail), label)
            }
        }
    }

    fn lookup_by_key(
        &mut self,
        call: Option<&Call>,
        (decides, Keys { keys, skew }, coalesce): (OpKind, Keys, bool),
        miss: &[Step],
        (next, fail): (u32, u32),
        label: &str,
    ) -> u32 {
        let component = self.store_asked(call);
        let (store, keyspace) = (self.tables.store_of(component), self.tables.keyspace(component, keys, skew));
        let register = self.register(1);
        let fill = self.keyed(OpKind::Fill, label, next, (store, keyspace, register));
        let give_up =
            if coalesce { self.keyed(OpKind::Unfetch, label, fail, (store, keyspace, register)) } else { fail };
        // Who fetches for others does not stop half way.
        let budget = self.budget.take();
        let missed = self.steps(miss, fill, give_up, &format!("{label}/miss"));
        self.budget = budget;
        let serves_stale = self.tables.plan.keepings.stale_ns[store as usize] > 0;
        let hit = if serves_stale { self.refresh(miss, (store, keyspace, register), next, label) } else { next };
        let decide = self.keyed(decides, &format!("{label}/key"), hit, (store, keyspace, register));
        self.ops.alt[decide as usize] = missed;
        self.ops.coalesce[decide as usize] = coalesce as u32;
        self.ops.fail[decide as usize] = if coalesce { fail } else { NONE };
        let no_key = self.keyed(OpKind::NoKey, label, missed, (store, keyspace, register));
        self.registers -= 1;
        call.map_or(decide, |call| self.call(call, decide, no_key, label))
    }

    /// A branch that nobody waits for does what is done on a miss, if what was hit is out of date.
    fn refresh(&mut self, miss: &[Step], (store, keyspace, register): (u32, u32, u32), next: u32, label: &str) -> u32 {
        let label = format!("{label}/refresh");
        let outer = (self.scope, self.registers);
        let of_visit = (self.budget.take(), self.turns.take());
        (self.scope, self.registers) = (NONE, 0);
        let key = self.register(1);
        let end = self.op(OpKind::BranchEnd, &label);
        let failed = self.op(OpKind::BranchFail, &label);
        let fill = self.keyed(OpKind::Fill, &label, end, (store, keyspace, key));
        let give_up = self.keyed(OpKind::Unfetch, &label, failed, (store, keyspace, key));
        let entry = self.steps(miss, fill, give_up, &label);
        (self.scope, self.registers) = outer;
        (self.budget, self.turns) = of_visit;

        let row = self.branch(entry, &label);
        self.keyed(OpKind::Refresh, &label, next, (row, store, register))
    }

    fn branch(&mut self, entry: u32, label: &str) -> u32 {
        let rows = &mut self.tables.plan.branches;
        rows.entry.push(entry);
        rows.path.push(name_hash(label));
        rows.entry.len() as u32 - 1
    }

    fn put(&mut self, call: Option<&Call>, keys: u32, remove: bool, (next, fail): (u32, u32), label: &str) -> u32 {
        let component = self.store_asked(call);
        let (store, keyspace) = (self.tables.store_of(component), self.tables.keyspace(component, keys, 0.0));
        let put = self.keyed(OpKind::Put, &format!("{label}/key"), next, (store, keyspace, remove as u32));
        // A write that failed and is skipped has written nothing.
        call.map_or(put, |call| {
            let site = self.tables.site(self.model, call, true);
            self.simple(OpKind::Call, label, put, if call.skip_failure { next } else { fail }, site)
        })
    }

    fn keyed(&mut self, kind: OpKind, label: &str, next: u32, (a, b, c): (u32, u32, u32)) -> u32 {
        let op = self.simple(kind, label, next, NONE, a);
        self.ops.b[op as usize] = b;
        self.ops.c[op as usize] = c;
        op
    }

    /// Reserves registers for the steps inside the current one.
    fn register(&mut self, count: u32) -> u32 {
        let first = self.registers;
        self.registers += count;
        self.registers_max = self.registers_max.max(self.registers);
        first
    }

    /// Appends the program, its operations turned around.
    pub(super) fn finish(self, name: String, entry: u32) {
        let component = self.component;
        let plan = &mut self.tables.plan;
        plan.run.registers = plan.run.registers.max(self.registers_max);
        let (first, count) = (plan.ops.kind.len() as u32, self.ops.kind.len() as u32);
        let moved = |op: u32| if op == NONE { NONE } else { first + count - 1 - op };
        for entry in &mut plan.branches.entry[self.first_branch..] {
            *entry = moved(*entry);
        }
        plan.programs.name.push(name);
        plan.programs.component.push(component);
        plan.programs.entry.push(moved(entry));

        let (from, to) = (self.ops, &mut plan.ops);
        to.kind.extend(from.kind.iter().rev());
        to.next.extend(from.next.iter().rev().map(|&op| moved(op)));
        to.alt.extend(from.alt.iter().rev().map(|&op| moved(op)));
        to.fail.extend(from.fail.iter().rev().map(|&op| moved(op)));
        to.a.extend(from.a.iter().rev());
        to.b.extend(from.b.iter().rev());
        to.c.extend(from.c.iter().rev());
        to.f.extend(from.f.iter().rev());
        to.coalesce.extend(from.coalesce.iter().rev());
        to.path.extend(from.path.iter().rev());
        to.scope.extend(from.scope.iter().rev());
        to.label.extend(from.label.into_iter().rev());
        to.component.resize(to.kind.len(), component);
    }
}
