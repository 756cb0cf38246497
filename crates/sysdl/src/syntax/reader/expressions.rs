//! Values, arguments, paths.

use super::{Reader, Wanted};
use crate::syntax::ast::{Arg, BinaryOp, Expr, ExprKind, Index, Path, Segment};
use crate::syntax::span::Span;

impl Reader<'_> {
    // ---- values ------------------------------------------------------------------------------------

    /// Operands with operators between them.
    pub(super) fn expr(&mut self) -> Option<Expr> {
        let first = self.unary()?;
        self.gap();
        let Some((op, second)) = self.maybe(Self::operation) else { return Some(first) };
        let (mut operands, mut operators) = (vec![first, second], vec![op]);
        while let Some((op, operand)) = self.more(Self::operation) {
            operators.push(op);
            operands.push(operand);
        }
        Some(climb(operands, operators))
    }

    /// An operator and what is on its right.
    fn operation(&mut self) -> Option<(BinaryOp, Expr)> {
        let op = self.operator()?;
        self.lines_around();
        Some((op, self.unary()?))
    }

    fn operator(&mut self) -> Option<BinaryOp> {
        let (op, len) = match (self.peek(0), self.peek(1)) {
            (b'.', b'.') => (BinaryOp::Range, 2),
            (b'<', b'=') => (BinaryOp::LessEqual, 2),
            (b'>', b'=') => (BinaryOp::GreaterEqual, 2),
            (b'=', b'=') => (BinaryOp::Equal, 2),
            (b'!', b'=') => (BinaryOp::NotEqual, 2),
            (b'<', _) => (BinaryOp::Less, 1),
            (b'>', _) => (BinaryOp::Greater, 1),
            (b'+', _) => (BinaryOp::Add, 1),
            (b'-', next) if next != b'>' => (BinaryOp::Subtract, 1),
            (b'*', _) => (BinaryOp::Multiply, 1),
            (b'/', _) => (BinaryOp::Divide, 1),
            _ => match self.letters() {
                "and" => (BinaryOp::And, 3),
                "or" => (BinaryOp::Or, 2),
                _ => {
                    self.missed(Wanted::Other);
                    return None;
                }
            },
        };
        self.at += len;
        Some(op)
    }

    /// A value, perhaps with a sign.
    fn unary(&mut self) -> Option<Expr> {
        self.called(Wanted::Value, |r| {
            let start = r.at;
            let sign = match (r.peek(0), r.peek(1)) {
                (b'+', _) => Some('+'),
                (b'-', next) if next != b'>' => Some('-'),
                _ => None,
            };
            match sign {
                Some(_) => r.at += 1,
                None => r.missed(Wanted::Sign),
            }
            let value = r.next(Self::primary)?;
            Some(match sign {
                Some(sign) => Expr { span: r.since(start), kind: ExprKind::Sign(sign, Box::new(value)) },
                None => value,
            })
        })
    }

    fn primary(&mut self) -> Option<Expr> {
        let start = self.at;
        let read = self.maybe(|r| {
            let kind = match r.peek(0) {
                b'(' => return r.within(Self::parenthesized),
                b'$' => {
                    r.at += 1;
                    ExprKind::Quantity(r.quantity(true)?)
                }
                b'0'..=b'9' => ExprKind::Quantity(r.quantity(false)?),
                b'"' => ExprKind::Text(r.string()?),
                b'[' => ExprKind::List(r.list()?),
                _ => {
                    let path = r.path()?;
                    match r.next(Self::args) {
                        Some(args) => ExprKind::Invoke(path, args),
                        None => {
                            r.at = path.span.end as usize;
                            ExprKind::Path(path)
                        }
                    }
                }
            };
            Some(Expr { span: r.since(start), kind })
        });
        if read.is_none() {
            use Wanted::*;
            for wanted in [Money, Number, Text, OpenBracket, Name, OpenParenthesis] {
                self.missed(wanted);
            }
        }
        read
    }

    fn parenthesized(&mut self) -> Option<Expr> {
        self.sign(b'(', Wanted::OpenParenthesis)?;
        self.lines_around();
        let inner = self.expr()?;
        self.lines_around();
        self.sign(b')', Wanted::CloseParenthesis)?;
        Some(inner)
    }

    /// A list as a value.
    pub(super) fn list_expr(&mut self) -> Option<Expr> {
        let start = self.at;
        let kind = ExprKind::List(self.list()?);
        Some(Expr { span: self.since(start), kind })
    }

    fn list(&mut self) -> Option<Vec<Expr>> {
        self.within(|r| {
            r.sign(b'[', Wanted::OpenBracket)?;
            let docs = r.lines_around();
            let items = r.listed(docs, |r, _| r.expr());
            r.lines_around();
            r.sign(b']', Wanted::CloseBracket)?;
            Some(items)
        })
    }

    // ---- arguments ---------------------------------------------------------------------------------

    /// `(a, b = c, d -> e)`
    pub(super) fn args(&mut self) -> Option<Vec<Arg>> {
        self.within(|r| {
            r.sign(b'(', Wanted::OpenParenthesis)?;
            let docs = r.lines_around();
            let args = r.listed(docs, |r, _| r.arg());
            r.lines_around();
            r.sign(b')', Wanted::CloseParenthesis)?;
            Some(args)
        })
    }

    fn arg(&mut self) -> Option<Arg> {
        self.called(Wanted::Other, |r| {
            let named = r.maybe(|r| {
                let name = r.ident()?;
                r.next(Self::equals)?;
                r.lines_around();
                Some(Arg { name: Some(name), value: r.expr()?, to: None })
            });
            if named.is_some() {
                return named;
            }
            let value = r.expr()?;
            let to = r.next(|r| {
                r.arrow()?;
                r.next(Self::path)
            });
            Some(Arg { name: None, value, to })
        })
    }

    /// Things with commas between them, over several lines, perhaps none; each is given the documentation before it.
    pub(super) fn listed<T>(
        &mut self,
        mut docs: Vec<String>,
        mut item: impl FnMut(&mut Self, Vec<String>) -> Option<T>,
    ) -> Vec<T> {
        let mut items = Vec::new();
        let Some(first) = self.maybe(|r| item(r, std::mem::take(&mut docs))) else { return items };
        items.push(first);
        while let Some(one) = self.maybe(|r| {
            let mut docs = r.lines_around();
            r.comma()?;
            docs.extend(r.lines_around());
            item(r, docs)
        }) {
            items.push(one);
        }
        self.lines_around();
        self.comma();
        items
    }

    // ---- paths -------------------------------------------------------------------------------------

    /// `a.b[0].c`
    pub(super) fn path(&mut self) -> Option<Path> {
        let start = self.at;
        let mut segments = vec![self.segment()?];
        while self.peek(0) == b'.' {
            let Some(segment) = self.maybe(|r| {
                r.at += 1;
                r.segment()
            }) else {
                break;
            };
            segments.push(segment);
        }
        Some(Path { segments, span: self.since(start) })
    }

    fn segment(&mut self) -> Option<Segment> {
        let name = self.ident()?;
        let index = if self.peek(0) == b'[' { self.maybe(|r| r.within(Self::selector)) } else { None };
        Some(Segment { name, index })
    }

    fn selector(&mut self) -> Option<Index> {
        self.at += 1;
        self.blanks();
        let index = self.called(Wanted::Other, Self::index)?;
        self.blanks();
        if self.peek(0) != b']' {
            return None;
        }
        self.at += 1;
        Some(index)
    }

    fn index(&mut self) -> Option<Index> {
        if self.sign(b'*', Wanted::Other).is_some() {
            return Some(Index::All);
        }
        if let Some(zone) = self.led("zone", Self::digits) {
            return Some(Index::Zone(zone.replace('_', "").parse().unwrap_or(u32::MAX)));
        }
        let label = self.maybe(|r| {
            let label = r.ident()?;
            r.next(Self::equals)?;
            Some(Index::Label(label, r.next(Self::ident)?))
        });
        label.or_else(|| Some(Index::Expr(Box::new(self.expr()?))))
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
