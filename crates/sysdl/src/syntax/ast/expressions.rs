//! Expressions: quantities, names, calls, arithmetic.

use super::{Name, Path};
use crate::syntax::span::Span;

/// A value, with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `20ms`, `98%`, `$0.09/GB`, `64`
    Quantity(Quantity),
    /// `"text"`, without quotes, escapes undone.
    Text(String),
    /// `a.b`
    Path(Path),
    /// `f(x, y = z)`
    Invoke(Path, Vec<Arg>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `-x`
    Sign(char, Box<Expr>),
    /// `x + y`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// What could not be read; said already.
    Bad,
}

/// A number and the letters behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Its value.
    pub number: f64,
    /// The letters; empty for a plain number.
    pub unit: String,
    /// Written with `$`.
    pub money: bool,
}

/// An argument of `f(…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// `name =`
    pub name: Option<Name>,
    /// The value; for `a -> b` the caller.
    pub value: Expr,
    /// `-> b`
    pub to: Option<Path>,
}

impl Arg {
    /// The word that it is, if it is one: `reject`, `on.time`.
    #[must_use]
    pub fn word(&self) -> Option<String> {
        match &self.value.kind {
            ExprKind::Path(path) => Some(path.dotted()),
            _ => None,
        }
    }
}

/// Operators by increasing strength: `or`, `and`, comparison, `..`, sum, product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `..`
    Range,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}
