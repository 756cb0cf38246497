//! Plan → flights: which requests can be resolved ahead of time, and what there is to reckon.
//!
//! Before: a plan.
//! After: for each source whose requests may fly, a tree of *points* with the blocks between them. A point is where the order
//! of events matters: a turn among replicas, a server of which there are so many. What lies between is arithmetic on
//! *variables*, each of them a pure function of the request's key and of what was found at points.
//!
//! A block that meets what cannot be resolved ahead *gives up*: the request is a strand from the last point on. So nothing
//! here needs to be complete, only right.

mod facts;
mod legal;
mod straight;
mod walk;

pub(crate) use facts::Leaves;

use crate::plan::Plan;

/// What lasts this long in nanoseconds, 208 days, is never over before the horizon: it need not be known how long it really
/// lasts, so sums of times cannot overflow. Runs are shorter.
pub(crate) const FOREVER_NS: u64 = 1 << 54;

/// A variable: row of [`Flight::defs`].
pub(crate) type Var = u32;

/// The request's key, in every record.
pub(crate) const KEY: Var = 0;
/// When it was created, in every record.
pub(crate) const BEGAN: Var = 1;

/// What a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Def {
    /// In the record.
    Given,
    /// `mix(of ^ path)`: the key of what a step names, and of the first attempt of a call.
    Step { of: Var, path: u64 },
    /// The random word of a step.
    StepDraw { of: Var, path: u64 },
    /// `mix(of ^ purpose)`.
    Draw { of: Var, purpose: u64 },
    /// A positive, whole number of nanoseconds of a distribution.
    Duration { word: Var, distribution: u32 },
    /// The same of half of it: a message's time.
    Leg { word: Var, distribution: u32 },
    /// A replica at random, of so many.
    Random { word: Var, replicas: u32 },
    /// The replica whose turn it is: found at a point.
    Turn { edge: u32 },
    /// How long it has waited at a point.
    Wait,
}

/// An instant or a duration: a sum of variables and a constant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) terms: Vec<Var>,
    pub(crate) constant: u64,
}

impl Form {
    /// Time since an instant that this one was reckoned from.
    pub(crate) fn since(&self, earlier: &Form) -> Form {
        debug_assert!(self.terms.starts_with(&earlier.terms));
        Form { terms: self.terms[earlier.terms.len()..].to_vec(), constant: self.constant - earlier.constant }
    }
}

/// A replica of a component, counted from its first; none where there is one.
pub(crate) type Replica = Option<Var>;

/// A call under way.
#[derive(Clone, Debug)]
pub(crate) struct Calling {
    pub(crate) site: u32,
    pub(crate) key: Var,
    pub(crate) began: Form,
    pub(crate) op: u32,
    /// It gives up at any of these: an instant, and so long after.
    pub(crate) until: Vec<(Form, u64)>,
}

/// A strand on the way: the request itself, or a visit.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    /// Its component; none of the request itself.
    pub(crate) component: Option<u32>,
    pub(crate) key: Var,
    pub(crate) replica: Replica,
    /// When it arrived; none while its message is under way.
    pub(crate) arrived: Option<Form>,
    /// When it was served.
    pub(crate) started: Form,
    pub(crate) calling: Option<Calling>,
    /// Until when its answer is wanted, as of [`Calling::until`].
    pub(crate) deadline: Vec<(Form, u64)>,
    /// Its server is one of so many, and was taken at a point.
    pub(crate) gated: bool,
}

/// What has happened to a request, as far as it is counted.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Begins {
        flow: u32,
    },
    Calls {
        edge: u32,
    },
    Arrives {
        component: u32,
    },
    Starts {
        component: u32,
    },
    Works {
        component: u32,
        took: Form,
    },
    LooksUp {
        component: u32,
        hit: bool,
    },
    /// A visit ends; if it held a server, for so long.
    Ends {
        component: u32,
        held: Option<Form>,
        took: Form,
    },
    Answered {
        edge: u32,
        took: Form,
    },
}

/// A server that is given back at an instant, as if by the event of that rank and key.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) component: u32,
    pub(crate) replica: Replica,
    pub(crate) at: Form,
    pub(crate) rank: u32,
    pub(crate) key: Var,
    /// It is taken in the same block.
    pub(crate) taken_here: bool,
}

/// A server that a block takes and that is not given back within it.
pub(crate) type Taken = (u32, Replica);

/// What must hold for a block to go on.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    /// What has so small a probability does not happen.
    Not { word: Var, probability: f64 },
    /// A duration is no longer than this.
    Within { took: Form, limit: u64 },
}

/// A step of a block.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Define(Var),
    Check(Check),
}

/// A key that must be in a store: the word by which it is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup {
    pub(crate) store: u32,
    pub(crate) keyspace: u32,
    pub(crate) word: Var,
}

/// What a block does when all its checks have held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    /// Whose turn it is, on an edge.
    pub(crate) turn: Option<(u32, Var)>,
    /// What must be found, or the block gives up after all.
    pub(crate) lookup: Option<Lookup>,
    pub(crate) taken: Option<Taken>,
    pub(crate) released: Vec<Release>,
}

impl Effects {
    /// Whether it does nothing.
    fn is_none(&self) -> bool {
        self.turn.is_none() && self.lookup.is_none() && self.taken.is_none() && self.released.is_empty()
    }
}

/// How a block ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// With so small a probability one way, otherwise the other.
    Either { word: Var, probability: f64, well: Box<Block>, badly: Box<Block> },
    /// At the next point.
    Point { point: usize, effects: Effects },
    /// The request is over.
    Landed { leaf: usize, effects: Effects },
    /// Beyond what can be resolved ahead.
    GivesUp,
}

/// What is reckoned from a point on.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) steps: Vec<Step>,
    pub(crate) end: End,
}

impl Block {
    /// Whether it gives up, whichever way it goes.
    pub(crate) fn is_hopeless(&self) -> bool {
        match &self.end {
            End::Either { well, badly, .. } => well.is_hopeless() && badly.is_hopeless(),
            End::GivesUp => true,
            End::Point { .. } | End::Landed { .. } => false,
        }
    }
}

/// What is due at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The request is created.
    Creation,
    /// The visit of the last level arrives.
    Arrival,
    /// The strand of the last level makes the call of an operation.
    Call(u32),
    /// It works, as an operation says.
    Work(u32),
    /// It goes on at an operation.
    Operation(u32),
}

/// A point, where the order of events matters.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) due: Due,
    pub(crate) at: Form,
    pub(crate) rank: u32,
    pub(crate) key: Var,
    /// The server that it needs: component, replica.
    pub(crate) needs: Option<Taken>,
    /// How long it has waited for it, where it can wait.
    pub(crate) wait: Option<Var>,
    pub(crate) levels: Vec<Level>,
    pub(crate) happened: Vec<Happening>,
    pub(crate) block: Block,
}

/// A request that is over.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) flow: u32,
    pub(crate) end: Form,
    pub(crate) happened: Vec<Happening>,
}

/// Requests of one source.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) source: u32,
    pub(crate) defs: Vec<Def>,
    pub(crate) points: Vec<Point>,
    pub(crate) leaves: Vec<Leaf>,
}

impl Flight {
    /// The time from a request's creation to its first point, if that is the same for all of them, and nothing is asked for,
    /// taken or given up in between.
    pub(crate) fn shift_ns(&self) -> Option<u64> {
        let (creation, block) = (&self.points[0], &self.points[0].block);
        let End::Point { point, effects } = &block.end else { return None };
        let next = &self.points[*point];
        let checked = block.steps.iter().any(|step| matches!(step, Step::Check(_)));
        let is_patient = |(from, limit): &(Form, u64)| {
            let waited = next.at.since(from);
            waited.terms.is_empty() && waited.constant < *limit
        };
        let mut calls = next.levels.iter().filter_map(|level| level.calling.as_ref());
        let goes_on = calls.all(|calling| calling.until.iter().all(is_patient));
        let free = creation.needs.is_none() && effects.is_none() && !checked && goes_on;
        (free && next.at.terms == creation.at.terms).then(|| next.at.constant - creation.at.constant)
    }
}

/// All that fly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flights {
    pub(crate) flights: Vec<Flight>,
    /// Cells that must have a value for them to: at which they change nothing.
    pub(crate) calms: Vec<(u32, f64)>,
    /// What keeps requests on events: name and reason.
    pub(crate) obstacles: Vec<(String, &'static str)>,
}

impl Flights {
    /// Finds them.
    pub(crate) fn of(plan: &Plan) -> Self {
        walk::flights(plan)
    }

    pub(crate) fn any(&self) -> bool {
        !self.flights.is_empty()
    }

    /// Operations at which strands are entered that were flights.
    pub(crate) fn entered(&self) -> impl Iterator<Item = u32> {
        let points = self.flights.iter().flat_map(|flight| &flight.points);
        points.filter_map(|point| match point.due {
            Due::Operation(op) => Some(op),
            _ => None,
        })
    }

    /// Row of the flight of a source.
    pub(crate) fn of_source(&self, source: u32) -> Option<usize> {
        self.flights.iter().position(|flight| flight.source == source)
    }
}
