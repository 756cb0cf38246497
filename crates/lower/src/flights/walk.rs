//! Follows the program of a source, and those of all that it calls, as one request would.

use super::legal::Legal;
use super::{
    BEGAN, Block, Calling, Check, Def, Due, Effects, End, FOREVER_NS, Flight, Flights, Form, Happening, KEY, Leaf,
    Level, Lookup, Point, Release, Step, Taken, Var,
};
use crate::plan::{NONE, OpKind, Plan, Shape, UNBOUNDED};
use rustc_hash::FxHashMap;

/// Ranks of events at which a point can lie (`crates/kernel/src/machine/calendar.rs`).
const WORK_END: u32 = 1;
const REPLY: u32 = 2;
const RESUME: u32 = 4;
const ARRIVE: u32 = 5;
const SOURCE: u32 = 8;
/// The discipline that drops who has waited for too long.
const DROPPING: u32 = 4;
/// Most operations that are followed for one source, over all ways that its requests can take: each is code.
const OPS_MAX: usize = 200;
/// Most points of a source, and of all of them.
const POINTS_MAX: usize = 16;
const POINTS_OF_ALL_MAX: usize = 32;

/// Finds what flies.
pub(super) fn flights(plan: &Plan) -> Flights {
    let mut legal = Legal::new(plan);
    let (mut flights, mut points) = (Vec::new(), 0);
    if legal.plan() {
        for source in 0..plan.sources.name.len() {
            if legal.source(source) {
                let left = POINTS_OF_ALL_MAX.saturating_sub(points);
                let found = flight(plan, &mut legal, source as u32, left.min(POINTS_MAX));
                points += found.as_ref().map_or(0, |flight| flight.points.len());
                flights.extend(found);
            }
        }
    }
    Flights { flights, calms: legal.calms(), obstacles: legal.obstacles() }
}

/// The flight of a source's requests; none if no way leads to an end.
fn flight<'a>(plan: &'a Plan, legal: &mut Legal<'a>, source: u32, points_max: usize) -> Option<Flight> {
    let mut walk = Walk {
        plan,
        legal,
        defs: vec![Def::Given, Def::Given],
        known: FxHashMap::default(),
        points: Vec::new(),
        leaves: Vec::new(),
        ops_left: OPS_MAX,
        points_max,
    };
    let began = Form { terms: vec![BEGAN], constant: 0 };
    let request = Level {
        component: None,
        key: KEY,
        replica: None,
        arrived: Some(began.clone()),
        started: began.clone(),
        calling: None,
        deadline: Vec::new(),
        gated: false,
    };
    let state = State {
        now: began,
        rank: SOURCE,
        key: KEY,
        is_due: true,
        flow: NONE,
        levels: vec![request],
        happened: Vec::new(),
        effects: Effects::default(),
    };
    let entry = plan.programs.entry[plan.sources.program[source as usize] as usize];
    let point = walk.add_point(Due::Creation, None, &state);
    let block = walk.block(entry, state);
    walk.points[point].block = block;
    let (defs, points, leaves) = (walk.defs, walk.points, walk.leaves);
    (!leaves.is_empty()).then_some(Flight { source, defs, points, leaves })
}

/// Where a request is.
#[derive(Clone)]
struct State {
    now: Form,
    /// Rank and key of the event that is handled now.
    rank: u32,
    key: Var,
    /// No time has passed since the last point.
    is_due: bool,
    flow: u32,
    levels: Vec<Level>,
    happened: Vec<Happening>,
    /// What the block under way does at its end.
    effects: Effects,
}

impl State {
    fn top(&mut self) -> &mut Level {
        // There is the request's own level at least.
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    /// Time passes; another event is handled.
    fn passes(&mut self, time: Time, rank: u32, key: Var) {
        match time {
            // So many times for ever are still no overflow.
            Time::Constant(ns) => self.now.constant = (self.now.constant + ns.min(FOREVER_NS)).min(16 * FOREVER_NS),
            Time::Drawn(var) => self.now.terms.push(var),
        }
        (self.rank, self.key, self.is_due) = (rank, key, false);
    }
}

/// How long something takes.
enum Time {
    Constant(u64),
    Drawn(Var),
}

struct Walk<'a, 'b> {
    plan: &'a Plan,
    legal: &'b mut Legal<'a>,
    defs: Vec<Def>,
    known: FxHashMap<Def, Var>,
    points: Vec<Point>,
    leaves: Vec<Leaf>,
    ops_left: usize,
    points_max: usize,
}

/// The block goes on, or is over.
type Goes = Result<u32, End>;

impl Walk<'_, '_> {
    /// What happens from an operation on, until the next point.
    fn block(&mut self, mut op: u32, mut state: State) -> Block {
        let mut steps = Vec::new();
        loop {
            match self.op(op, &mut state, &mut steps) {
                Ok(next) => op = next,
                Err(end) => return Block { steps, end },
            }
        }
    }

    fn op(&mut self, op: u32, state: &mut State, steps: &mut Vec<Step>) -> Goes {
        if op == NONE || self.ops_left == 0 {
            return Err(End::GivesUp);
        }
        self.ops_left -= 1;
        let ops = &self.plan.ops;
        let i = op as usize;
        let (next, alt, a, f) = (ops.next[i], ops.alt[i], ops.a[i], ops.f[i]);
        if ops.scope[i] != NONE {
            self.legal.operation(op);
            return Err(End::GivesUp);
        }
        match ops.kind[i] {
            OpKind::RequestBegin => {
                state.flow = a;
                state.happened.push(Happening::Begins { flow: a });
                Ok(next)
            }
            OpKind::RequestEnd => {
                let happened = std::mem::take(&mut state.happened);
                self.leaves.push(Leaf { flow: state.flow, end: state.now.clone(), happened });
                Err(End::Landed { leaf: self.leaves.len() - 1, effects: std::mem::take(&mut state.effects) })
            }
            OpKind::Call => self.call(op, state, steps),
            OpKind::Work => self.work(op, state, steps),
            OpKind::Pause => {
                let key = state.top().key;
                let time = self.duration(op, key, steps);
                state.passes(time, RESUME, key);
                Ok(next)
            }
            OpKind::Branch => Err(self.either(op, state, steps, (next, alt), None)),
            OpKind::HitRatio => {
                if !self.legal.store(a) {
                    return Err(End::GivesUp);
                }
                let component = self.plan.stores.component[a as usize];
                Err(self.either(op, state, steps, (next, alt), Some(component)))
            }
            OpKind::HitKey => self.looks_up(op, state, steps),
            OpKind::Fail | OpKind::TurnAway => {
                if f > 0.0 {
                    let word = self.step_draw(op, state.top().key, steps);
                    steps.push(Step::Check(Check::Not { word, probability: f }));
                }
                Ok(next)
            }
            // Calm components have none.
            OpKind::Flaw => Ok(next),
            OpKind::End => self.end(state, steps),
            _ => {
                self.legal.operation(op);
                Err(End::GivesUp)
            }
        }
    }

    /// One way or the other; a lookup counts which.
    fn either(
        &mut self,
        op: u32,
        state: &mut State,
        steps: &mut Vec<Step>,
        (next, alt): (u32, u32),
        looks_up: Option<u32>,
    ) -> End {
        let word = self.step_draw(op, state.top().key, steps);
        let mut way = |op: u32, hit: bool| {
            let mut state = state.clone();
            if let Some(component) = looks_up {
                state.happened.push(Happening::LooksUp { component, hit });
            }
            Box::new(self.block(op, state))
        };
        let (well, badly) = (way(next, true), way(alt, false));
        End::Either { word, probability: self.plan.ops.f[op as usize], well, badly }
    }

    fn call(&mut self, op: u32, state: &mut State, steps: &mut Vec<Step>) -> Goes {
        let site = self.plan.ops.a[op as usize];
        if !self.legal.site(site) {
            return Err(End::GivesUp);
        }
        let edge = self.plan.sites.edge[site as usize];
        let callee = self.plan.edges.to[edge as usize];
        if !self.legal.component(callee) {
            return Err(End::GivesUp);
        }
        let replicas = self.plan.components.replicas[callee as usize];
        let in_turn = replicas > 1 && self.plan.edges.balance[edge as usize] == 0;
        if in_turn && !state.is_due {
            return Err(self.point(Due::Call(op), None, state, |walk, state, steps| walk.call(op, state, steps)));
        }
        // A first attempt has the key of its call.
        let visit = self.define(Def::Step { of: state.top().key, path: self.plan.ops.path[op as usize] }, steps);
        let replica = if replicas == 1 {
            None
        } else if in_turn {
            let turn = self.fresh(Def::Turn { edge }, steps);
            state.effects.turn = Some((edge, turn));
            Some(turn)
        } else {
            let word = self.define(Def::Draw { of: visit, purpose: self.plan.edges.purposes[edge as usize][6] }, steps);
            Some(self.define(Def::Random { word, replicas }, steps))
        };
        let policy = self.plan.sites.policy[site as usize] as usize;
        let (began, timeout) = (state.now.clone(), self.plan.policies.timeout_ns[policy]);
        let mut until = state.top().deadline.clone();
        if timeout > 0 {
            until.push((began.clone(), timeout));
        }
        let deadline = if self.plan.policies.deadline[policy] == 1 { until.clone() } else { Vec::new() };
        state.happened.push(Happening::Calls { edge });
        state.top().calling = Some(Calling { site, key: visit, began, op, until });
        let time = self.message(edge, visit, 0, steps);
        state.passes(time, ARRIVE, visit);
        state.levels.push(Level {
            component: Some(callee),
            key: visit,
            replica,
            arrived: None,
            started: Form::default(),
            calling: None,
            deadline,
            gated: false,
        });
        let held = self.plan.components.hold_visit[callee as usize] == 1;
        if held && self.plan.components.servers[callee as usize] != UNBOUNDED {
            let needs = (callee, replica);
            return Err(self.point(Due::Arrival, Some(needs), state, |walk, state, steps| {
                state.top().gated = true;
                state.effects.taken = Some(needs);
                let arrived = state.now.clone();
                if walk.can_wait(callee) {
                    let wait = walk.fresh(Def::Wait, steps);
                    let last = walk.points.len() - 1;
                    walk.points[last].wait = Some(wait);
                    state.now.terms.push(wait);
                }
                walk.arrives(site, state, arrived)
            }));
        }
        let now = state.now.clone();
        self.arrives(site, state, now)
    }

    /// Whether a flight may wait for a server of a component: nobody but who gives one back takes it out of its queue.
    fn can_wait(&self, component: u32) -> bool {
        let c = component as usize;
        self.plan.components.discipline[c] != DROPPING && self.plan.components.patience[c] == NONE
    }

    /// A visit has arrived, and is served now.
    fn arrives(&mut self, site: u32, state: &mut State, arrived: Form) -> Goes {
        let now = state.now.clone();
        let level = state.top();
        level.arrived = Some(arrived);
        level.started = now;
        let component = level.component.unwrap_or(NONE);
        state.happened.push(Happening::Arrives { component });
        if self.plan.components.hold_visit[component as usize] == 1 {
            state.happened.push(Happening::Starts { component });
        }
        Ok(self.plan.programs.entry[self.plan.sites.program[site as usize] as usize])
    }

    fn work(&mut self, op: u32, state: &mut State, steps: &mut Vec<Step>) -> Goes {
        let level = state.top();
        let (Some(component), key, replica) = (level.component, level.key, level.replica) else {
            return Err(End::GivesUp);
        };
        let c = component as usize;
        let (held, gated) = (
            self.plan.components.hold_visit[c] == 1,
            self.plan.components.hold_visit[c] == 0 && self.plan.components.servers[c] != UNBOUNDED,
        );
        if gated && !(state.is_due && self.points.last().is_some_and(|point| point.due == Due::Work(op))) {
            let needs = (component, replica);
            return Err(self.point(Due::Work(op), Some(needs), state, |walk, state, steps| walk.work(op, state, steps)));
        }
        let began = state.now.clone();
        let time = self.duration(op, key, steps);
        state.passes(time, WORK_END, key);
        if !held {
            let took = state.now.since(&began);
            state.happened.push(Happening::Works { component, took });
        }
        if gated {
            let at = state.now.clone();
            state.effects.released.push(Release { component, replica, at, rank: WORK_END, key, taken_here: true });
        }
        Ok(self.plan.ops.next[op as usize])
    }

    /// A lookup by key, which hits: who misses is a strand.
    fn looks_up(&mut self, op: u32, state: &mut State, steps: &mut Vec<Step>) -> Goes {
        let (store, keyspace) = (self.plan.ops.a[op as usize], self.plan.ops.b[op as usize]);
        if !self.legal.keyed_store(store) {
            return Err(End::GivesUp);
        }
        let due = Due::Operation(op);
        if !(state.is_due && self.points.last().is_some_and(|point| point.due == due)) {
            return Err(self.point(due, None, state, |walk, state, steps| walk.looks_up(op, state, steps)));
        }
        let word = self.step_draw(op, state.top().key, steps);
        state.effects.lookup = Some(Lookup { store, keyspace, word });
        let component = self.plan.stores.component[store as usize];
        state.happened.push(Happening::LooksUp { component, hit: true });
        Ok(self.plan.ops.next[op as usize])
    }

    /// A visit ends well, and its caller hears of it.
    fn end(&mut self, state: &mut State, steps: &mut Vec<Step>) -> Goes {
        let Some(level) = state.levels.pop() else { return Err(End::GivesUp) };
        let (Some(component), Some(arrived)) = (level.component, &level.arrived) else { return Err(End::GivesUp) };
        let held = self.plan.components.hold_visit[component as usize] == 1;
        let held = held.then(|| state.now.since(&level.started));
        let took = state.now.since(arrived);
        state.happened.push(Happening::Ends { component, held, took });
        if level.gated {
            let taken_here = state.effects.taken == Some((component, level.replica));
            if taken_here {
                state.effects.taken = None;
            }
            let (at, rank, key) = (state.now.clone(), state.rank, state.key);
            state.effects.released.push(Release { component, replica: level.replica, at, rank, key, taken_here });
        }
        let Some(calling) = state.top().calling.take() else { return Err(End::GivesUp) };
        let edge = self.plan.sites.edge[calling.site as usize];
        let time = self.message(edge, level.key, 1, steps);
        state.passes(time, REPLY, level.key);
        for (from, limit) in &calling.until {
            steps.push(Step::Check(Check::Within { took: state.now.since(from), limit: *limit }));
        }
        state.happened.push(Happening::Answered { edge, took: state.now.since(&calling.began) });
        Ok(self.plan.ops.next[calling.op as usize])
    }

    /// A point: what is due there, and what follows.
    fn point(
        &mut self,
        due: Due,
        needs: Option<Taken>,
        state: &mut State,
        goes_on: impl FnOnce(&mut Self, &mut State, &mut Vec<Step>) -> Goes,
    ) -> End {
        if !matches!(state.rank, WORK_END | REPLY | RESUME | ARRIVE) || self.points.len() >= self.points_max {
            return End::GivesUp;
        }
        let effects = std::mem::take(&mut state.effects);
        let point = self.add_point(due, needs, state);
        let mut state = state.clone();
        state.is_due = true;
        let mut steps = Vec::new();
        let block = match goes_on(self, &mut state, &mut steps) {
            Ok(op) => {
                let rest = self.block(op, state);
                Block { steps: [steps, rest.steps].concat(), end: rest.end }
            }
            Err(end) => Block { steps, end },
        };
        if block.is_hopeless() {
            // Who never gets beyond it had better not begin.
            self.points.truncate(point);
            return End::GivesUp;
        }
        self.points[point].block = block;
        End::Point { point, effects }
    }

    fn add_point(&mut self, due: Due, needs: Option<Taken>, state: &State) -> usize {
        self.points.push(Point {
            due,
            at: state.now.clone(),
            rank: state.rank,
            key: state.key,
            needs,
            wait: None,
            levels: state.levels.clone(),
            happened: state.happened.clone(),
            block: Block { steps: Vec::new(), end: End::GivesUp },
        });
        self.points.len() - 1
    }

    /// A message of an exchange sets out, and is not lost.
    fn message(&mut self, edge: u32, visit: Var, reply: usize, steps: &mut Vec<Step>) -> Time {
        let e = edge as usize;
        let edges = &self.plan.edges;
        let slot = if reply == 0 { edges.slot_loss_request[e] } else { edges.slot_loss_reply[e] };
        // As the machine reckons it, with a calm slot.
        let loss = if slot == NONE { edges.loss[e] } else { 1.0 - (1.0 - edges.loss[e]) * 1.0 };
        if loss > 0.0 {
            let word = self.define(Def::Draw { of: visit, purpose: edges.purposes[e][4 + reply] }, steps);
            steps.push(Step::Check(Check::Not { word, probability: loss }));
        }
        let distribution = self.plan.edges.latency[e];
        if distribution == NONE {
            return Time::Constant(1);
        }
        if self.plan.distributions.shape[distribution as usize] == Shape::Constant {
            return Time::Constant(((0.5 * self.plan.distributions.scale[distribution as usize]) as u64).max(1));
        }
        let word = self.define(Def::Draw { of: visit, purpose: self.plan.edges.purposes[e][reply] }, steps);
        Time::Drawn(self.define(Def::Leg { word, distribution }, steps))
    }

    /// How long an operation of a strand takes.
    fn duration(&mut self, op: u32, key: Var, steps: &mut Vec<Step>) -> Time {
        let distribution = self.plan.ops.a[op as usize];
        if self.plan.distributions.shape[distribution as usize] == Shape::Constant {
            return Time::Constant((self.plan.distributions.scale[distribution as usize] as u64).max(1));
        }
        let word = self.step_draw(op, key, steps);
        Time::Drawn(self.define(Def::Duration { word, distribution }, steps))
    }

    fn step_draw(&mut self, op: u32, key: Var, steps: &mut Vec<Step>) -> Var {
        self.define(Def::StepDraw { of: key, path: self.plan.ops.path[op as usize] }, steps)
    }

    /// A variable; what has been defined on another way is defined here again.
    fn define(&mut self, def: Def, steps: &mut Vec<Step>) -> Var {
        let var = match self.known.get(&def) {
            Some(&var) => var,
            None => {
                let var = self.defs.len() as Var;
                self.defs.push(def);
                self.known.insert(def, var);
                var
            }
        };
        steps.push(Step::Define(var));
        var
    }

    /// A variable that is found anew.
    fn fresh(&mut self, def: Def, steps: &mut Vec<Step>) -> Var {
        self.defs.push(def);
        let var = self.defs.len() as Var - 1;
        steps.push(Step::Define(var));
        var
    }
}
