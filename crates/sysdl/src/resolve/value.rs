//! Values of expressions, and the names in whose light they are read.

use super::intakes::Intake;
use crate::units::Dimension;
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use sysdl_lower::model::{Balance, Count, Discipline, Distribution, Gaps, RateProfile};

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A quantity in base units.
    Number(f64, Dimension),
    /// Random quantities, in base units of a dimension.
    Distribution(Distribution, Dimension),
    /// Random counts from 1 on.
    Geometric {
        /// Mean.
        mean: f64,
        /// Bound, if said.
        max: Option<f64>,
    },
    /// Other counts at random.
    Counts(Count),
    /// A choice among keys.
    Keys {
        /// How many.
        keys: f64,
        /// Zipf exponent.
        skew: f64,
    },
    /// An open source.
    Open(Gaps, RateProfile),
    /// An open source that does not go by a rate, or whose arrivals are more than one request.
    Intake(Box<Intake>),
    /// A closed source.
    Users(f64, Distribution),
    /// What a request or its answer weighs, or a time that depends on it.
    Weighed(Weighed),
    /// The least loaded of so many replicas, drawn at random.
    Choices(u32),
    /// A way to balance with data of its own, and whether it prefers the caller's zone.
    Balance(Balance, bool),
    /// Who is served next.
    Discipline(Discipline),
    /// `a..b`
    Range(f64, f64, Dimension),
    /// `"text"`
    Text(String),
    /// A word that is no name here: `on`, `shed`, `unlimited`.
    Word(String),
    /// `[a, b]`
    List(Vec<Value>),
    /// `none`
    None,
    /// Something wrong that was said already.
    Bad,
}

impl Value {
    /// What it is, for messages.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Value::Number(_, dimension) => dimension.name().to_owned(),
            Value::Distribution(..) => "a distribution".to_owned(),
            Value::Geometric { .. } | Value::Counts(_) => "a distribution of counts".to_owned(),
            Value::Keys { .. } => "a choice of keys".to_owned(),
            Value::Weighed(Weighed { is_time: true, .. }) => "a time that depends on sizes".to_owned(),
            Value::Weighed(_) => "what a message weighs".to_owned(),
            Value::Choices(_) | Value::Balance(..) => "a way to balance".to_owned(),
            Value::Open(..) | Value::Users(..) | Value::Intake(_) => "an arrival process".to_owned(),
            Value::Discipline(_) => "a discipline".to_owned(),
            Value::Range(..) => "a range".to_owned(),
            Value::Text(_) => "a text".to_owned(),
            Value::Word(word) => format!("the word `{word}`"),
            Value::List(_) => "a list".to_owned(),
            Value::None => "`none`".to_owned(),
            Value::Bad => "nothing".to_owned(),
        }
    }
}

/// `time + size · per_size + result · per_result`: a time in nanoseconds, or a weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed {
    /// What is there in any case: a time, or nothing.
    pub time: Distribution,
    /// For each unit that the request weighs.
    pub size: f64,
    /// For each unit that the answer weighs.
    pub result: f64,
    /// For each unit of the request that is cached.
    pub cached: f64,
    /// It is a time.
    pub is_time: bool,
}

/// Names and their values, innermost scope first.
#[derive(Debug, Default)]
pub struct Scope {
    values: FxHashMap<Arc<str>, (Value, Cell<bool>)>,
    parent: Option<Rc<Scope>>,
}

impl Scope {
    /// A scope inside another.
    #[must_use]
    pub fn inside(parent: &Rc<Scope>) -> Self {
        Self { values: FxHashMap::default(), parent: Some(Rc::clone(parent)) }
    }

    /// Room for so many names more.
    pub(crate) fn reserve(&mut self, names: usize) {
        self.values.reserve(names);
    }

    /// Gives a name a value.
    pub fn set(&mut self, name: impl Into<Arc<str>>, value: Value) {
        self.values.insert(name.into(), (value, Cell::new(false)));
    }

    /// The value of a name, which is thereby used.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self.values.get(name) {
            Some((value, used)) => {
                used.set(true);
                Some(value)
            }
            None => self.parent.as_ref().and_then(|parent| parent.get(name)),
        }
    }

    /// Whether a name of this very scope was ever read.
    #[must_use]
    pub fn is_used(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|(_, used)| used.get())
    }
}
