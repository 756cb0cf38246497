//! The grammar's pairs → expressions.

use super::Rule;
use super::build::{Builder, P};
use super::children::{Children, significant};
use crate::syntax::ast::*;
use crate::syntax::span::Span;

impl<'i> Builder<'i> {
    pub(super) fn expr(&mut self, pair: P<'i>) -> Expr {
        let mut operands = Vec::new();
        let mut operators = Vec::new();
        for pair in significant(pair.into_inner()) {
            match pair.as_rule() {
                Rule::binop => operators.push(operator(pair.as_str().trim())),
                Rule::unary => operands.push(self.unary(pair)),
                _ => {}
            }
        }
        climb(operands, operators)
    }

    fn unary(&mut self, pair: P<'i>) -> Expr {
        let span = self.span(&pair);
        let mut sign = None;
        let mut value = Expr { span, kind: ExprKind::Bad };
        for pair in significant(pair.into_inner()) {
            match pair.as_rule() {
                Rule::sign => sign = pair.as_str().chars().next(),
                Rule::lp | Rule::rp => {}
                _ => value = self.primary(pair),
            }
        }
        match sign {
            Some(sign) => Expr { span, kind: ExprKind::Sign(sign, Box::new(value)) },
            None => value,
        }
    }

    pub(super) fn primary(&mut self, pair: P<'i>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::expr => return self.expr(pair),
            Rule::quantity | Rule::money => {
                let money = pair.as_rule() == Rule::money;
                let mut c = Children(significant(pair.into_inner()));
                let number = c.find(Rule::number).map_or(0.0, |n| number(n.as_str()));
                let unit = c.find(Rule::unit).map_or(String::new(), |u| u.as_str().to_owned());
                ExprKind::Quantity(Quantity { number, unit, money })
            }
            Rule::string => ExprKind::Text(text(pair)),
            Rule::list => {
                let items = significant(pair.into_inner());
                ExprKind::List(items.into_iter().filter(|p| p.as_rule() == Rule::expr).map(|e| self.expr(e)).collect())
            }
            Rule::invoke => {
                let mut c = Children(significant(pair.into_inner()));
                let path = self.path_of(c.find(Rule::path), span);
                ExprKind::Invoke(path, c.find(Rule::args).map(|a| self.args(a)).unwrap_or_default())
            }
            Rule::path => ExprKind::Path(self.path(pair)),
            _ => ExprKind::Bad,
        };
        Expr { span, kind }
    }

    pub(super) fn args(&mut self, pair: P<'i>) -> Vec<Arg> {
        let mut args = Vec::new();
        for pair in significant(pair.into_inner()) {
            if pair.as_rule() != Rule::arg {
                continue;
            }
            let span = self.span(&pair);
            let mut c = Children(significant(pair.into_inner()));
            let name = c.find_next(Rule::ident).map(|i| self.name(&i));
            let value = self.expr_of(c.find(Rule::expr), span);
            let to = c.find(Rule::path).map(|p| self.path(p));
            args.push(Arg { name, value, to });
        }
        args
    }

    pub(super) fn path(&mut self, pair: P<'i>) -> Path {
        let span = self.span(&pair);
        let mut segments = Vec::new();
        for segment in pair.into_inner().filter(|p| p.as_rule() == Rule::segment) {
            let mut c = Children(significant(segment.into_inner()));
            let name = self.name_of(c.find(Rule::ident));
            let index = c.find(Rule::index).and_then(|index| index.into_inner().next()).map(|inner| self.index(inner));
            segments.push(Segment { name, index });
        }
        Path { segments, span }
    }

    fn index(&mut self, pair: P<'i>) -> Index {
        match pair.as_rule() {
            Rule::every_one => Index::All,
            Rule::in_zone => {
                let mut c = Children(significant(pair.into_inner()));
                Index::Zone(
                    c.find(Rule::number).and_then(|n| n.as_str().replace('_', "").parse().ok()).unwrap_or(u32::MAX),
                )
            }
            Rule::zone => {
                let mut c = Children(significant(pair.into_inner()));
                Index::Label(self.name_of(c.find(Rule::ident)), self.name_of(c.find(Rule::ident)))
            }
            _ => Index::Expr(Box::new(self.expr(pair))),
        }
    }
}

pub(super) fn number(text: &str) -> f64 {
    text.replace('_', "").trim().parse().unwrap_or(f64::NAN)
}

pub(super) fn text(pair: P<'_>) -> String {
    let inner = pair.into_inner().next().map_or("", |p| p.as_str());
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(other) => other,
                None => '\\',
            }),
            c => out.push(c),
        }
    }
    out
}

fn operator(text: &str) -> BinaryOp {
    match text {
        "or" => BinaryOp::Or,
        "and" => BinaryOp::And,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterEqual,
        "==" => BinaryOp::Equal,
        "!=" => BinaryOp::NotEqual,
        ".." => BinaryOp::Range,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        _ => BinaryOp::Divide,
    }
}

/// How strongly an operator binds.
fn strength(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 0,
        BinaryOp::And => 1,
        BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::Equal
        | BinaryOp::NotEqual => 2,
        BinaryOp::Range => 3,
        BinaryOp::Add | BinaryOp::Subtract => 4,
        BinaryOp::Multiply | BinaryOp::Divide => 5,
    }
}

/// Operands and operators in order → a tree, all operators grouping to the left.
fn climb(operands: Vec<Expr>, operators: Vec<BinaryOp>) -> Expr {
    let mut values: Vec<Expr> = Vec::new();
    let mut pending: Vec<BinaryOp> = Vec::new();
    let mut operators = operators.into_iter();
    for operand in operands {
        values.push(operand);
        let Some(op) = operators.next() else { break };
        while pending.last().is_some_and(|&top| strength(top) >= strength(op)) {
            reduce(&mut values, &mut pending);
        }
        pending.push(op);
    }
    while !pending.is_empty() {
        reduce(&mut values, &mut pending);
    }
    values.pop().unwrap_or(Expr { span: Span::default(), kind: ExprKind::Bad })
}

fn reduce(values: &mut Vec<Expr>, pending: &mut Vec<BinaryOp>) {
    let (Some(right), Some(left), Some(op)) = (values.pop(), values.pop(), pending.pop()) else { return };
    let span = left.span.to(right.span);
    values.push(Expr { span, kind: ExprKind::Binary(op, Box::new(left), Box::new(right)) });
}
