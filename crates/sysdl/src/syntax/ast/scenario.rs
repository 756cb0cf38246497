//! What stands in a scenario: when what happens, and what is expected.

use super::{Arg, Assign, Expr, Name, Path};
use crate::syntax::span::Span;

/// When an action happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// `at t`
    At(Expr),
    /// `every d from a to b`
    Every(Expr, Option<Expr>, Option<Expr>),
    /// `when condition for d`
    When(Expr, Option<Expr>),
    /// `random(mtbf = a, mttr = b)`
    Random(Vec<Arg>, Span),
}

/// When the changes in a part of a fault act, or how.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// `during 0s..10s`
    During(Expr),
    /// `after 10s`
    After(Expr),
    /// `ramp 10s`
    Ramp(Expr),
    /// `fade 10s`
    Fade(Expr),
    /// `when condition for d`
    When(Expr, Option<Expr>),
    /// `random(after = a, for = b)`
    Random(Vec<Arg>, Span),
}

impl Way {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Way::During(time) | Way::After(time) | Way::Ramp(time) | Way::Fade(time) | Way::When(time, _) => time.span,
            Way::Random(_, place) => *place,
        }
    }
}

/// What a fault strikes.
#[derive(Clone, Debug, PartialEq)]
pub enum Aim {
    /// `a`, `a[0]`
    At(Path),
    /// `a -> b`
    Edge(Path, Path),
    /// `zone 1`: everything in it
    Zone(u32, Span),
    /// `kind cache`: everything of that kind
    Kind(Path),
}

impl Aim {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Aim::At(path) | Aim::Kind(path) => path.span,
            Aim::Edge(from, to) => from.span.to(to.span),
            Aim::Zone(_, span) => *span,
        }
    }
}

/// What happens on the timeline.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `inject fault(args) on target for d ramp r stagger d as name`
    Inject {
        /// The fault.
        fault: Name,
        /// Its arguments.
        args: Vec<Arg>,
        /// What it strikes.
        on: Vec<Aim>,
        /// `for d`
        lasting: Option<Expr>,
        /// `ramp r`
        ramp: Option<Expr>,
        /// `fade r`
        fade: Option<Expr>,
        /// `stagger d`
        stagger: Option<Expr>,
        /// `as name`
        named: Option<Name>,
        /// `then inject …`
        then: Option<Box<Action>>,
    },
    /// `set path = value for d as name`
    Set {
        /// What to what.
        assign: Assign,
        /// `for d`
        lasting: Option<Expr>,
        /// `as name`
        named: Option<Name>,
    },
    /// `mark name`
    Mark(Name),
}

/// How an expectation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `expect`
    Expect,
    /// `expect fail`
    ExpectFail,
    /// `warn`
    Warn,
}

/// Over which buckets it must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `always`
    Always,
    /// `eventually`
    Eventually,
    /// `never`
    Never,
}

/// `expect always error_rate < 1% during storm`
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// How it counts.
    pub level: Level,
    /// Its name.
    pub label: Option<String>,
    /// Over which buckets.
    pub quantifier: Option<Quantifier>,
    /// What must hold, or what is measured.
    pub condition: Expr,
    /// What it must be close to: `within 2% of 500ms`, the tolerance first.
    pub near: Option<(Expr, Expr)>,
    /// When.
    pub windows: Vec<Window>,
}

/// When an expectation looks.
#[derive(Clone, Debug, PartialEq)]
pub enum Window {
    /// `during phase`
    During(Expr),
    /// `within d after event`
    Within(Expr, Path),
    /// `within d`, of what heals
    InTime(Expr),
    /// `after event`
    After(Path),
    /// `for d`
    For(Expr),
    /// `over d`
    Over(Expr),
}
