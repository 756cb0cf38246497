//! desru: events are boxed closures in a binary heap; state is shared behind a reference count.

use super::{Draws, Tally, Topology};
use desru::{Event, EventScheduler};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

#[derive(Default)]
struct Station {
    busy: usize,
    queue: VecDeque<f64>,
}

struct World {
    draws: Draws,
    topology: Topology,
    apps: Vec<Station>,
    next_app: usize,
    database: Station,
    /// Replica of each query that waits, beside its request.
    callers: VecDeque<usize>,
    tally: Tally,
}

type Shared = Rc<RefCell<World>>;

/// Runs the topology.
#[must_use]
pub fn run(topology: Topology) -> Tally {
    let world = World {
        draws: Draws::new(topology.seed),
        topology,
        apps: (0..topology.apps).map(|_| Station::default()).collect(),
        next_app: 0,
        database: Station::default(),
        callers: VecDeque::new(),
        tally: Tally::default(),
    };
    let world = Rc::new(RefCell::new(world));
    let mut scheduler = EventScheduler::new();
    let first = world.clone();
    at(&mut scheduler, 0.0, move |s| create(s, &first));
    let end = topology.seconds;
    let stop = move |s: &EventScheduler| s.event_queue.peek().is_none_or(|event| event.time >= end);
    // Nothing is logged: a log of all events would be most of the time.
    scheduler.run(Box::new(stop), Some(Box::new(|_, _| false)));
    world.borrow().tally
}

fn at(scheduler: &mut EventScheduler, time: f64, action: impl FnMut(&mut EventScheduler) + 'static) {
    let mut action = action;
    let boxed = Box::new(move |s: &mut EventScheduler| {
        action(s);
        None
    });
    scheduler.schedule(Event::new(time, Some(boxed), None));
}

fn create(scheduler: &mut EventScheduler, world: &Shared) {
    let now = scheduler.current_time;
    let gap = {
        let mut w = world.borrow_mut();
        let mean = 1.0 / w.topology.rate;
        w.draws.exponential(mean)
    };
    let (next, request) = (world.clone(), world.clone());
    at(scheduler, now + 100e-6, move |s| arrive(s, &request, now));
    at(scheduler, now + gap, move |s| create(s, &next));
}

fn arrive(scheduler: &mut EventScheduler, world: &Shared, created: f64) {
    let mut w = world.borrow_mut();
    let app = w.next_app;
    w.next_app = (app + 1) % w.topology.apps;
    if w.apps[app].busy == w.topology.slots {
        return w.apps[app].queue.push_back(created);
    }
    w.apps[app].busy += 1;
    work(scheduler, world, &mut w, app, created);
}

/// Work of the application, then of the cache.
fn work(scheduler: &mut EventScheduler, world: &Shared, w: &mut World, app: usize, created: f64) {
    let time = w.draws.exponential(2e-3);
    let after = world.clone();
    at(scheduler, scheduler.current_time + time, move |s| {
        let time = after.borrow_mut().draws.exponential(500e-6);
        let after = after.clone();
        at(s, s.current_time + time, move |s| looked_up(s, &after, app, created));
    });
}

fn looked_up(scheduler: &mut EventScheduler, world: &Shared, app: usize, created: f64) {
    let mut w = world.borrow_mut();
    if w.draws.chance(0.9) {
        return answer(scheduler, world, &mut w, app, created);
    }
    if w.database.busy == w.topology.connections {
        w.callers.push_back(app);
        return w.database.queue.push_back(created);
    }
    w.database.busy += 1;
    query(scheduler, world, &mut w, app, created);
}

fn query(scheduler: &mut EventScheduler, world: &Shared, w: &mut World, app: usize, created: f64) {
    let time = w.draws.exponential(5e-3);
    let after = world.clone();
    at(scheduler, scheduler.current_time + time, move |s| {
        let mut w = after.borrow_mut();
        match (w.database.queue.pop_front(), w.callers.pop_front()) {
            (Some(next), Some(caller)) => query(s, &after, &mut w, caller, next),
            _ => w.database.busy -= 1,
        }
        answer(s, &after, &mut w, app, created);
    });
}

fn answer(scheduler: &mut EventScheduler, world: &Shared, w: &mut World, app: usize, created: f64) {
    w.tally.ended += 1;
    w.tally.response_s += scheduler.current_time - created;
    match w.apps[app].queue.pop_front() {
        Some(next) => work(scheduler, world, w, app, next),
        None => w.apps[app].busy -= 1,
    }
}
