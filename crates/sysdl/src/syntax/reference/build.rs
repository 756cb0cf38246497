//! The grammar's pairs → AST.
//!
//! Holds because the grammar does: a rule's children come in the order the grammar gives. Where a
//! child is missing, the text had a `bad` node, and a diagnostic stands for it.

use super::Rule;
use super::children::{Children, significant};
use super::expressions::{number, text};
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::*;
use crate::syntax::explain;
use crate::syntax::span::{FileId, Span};
use pest::iterators::{Pair, Pairs};
use std::sync::Arc;

pub(super) type P<'i> = Pair<'i, Rule>;

/// Turns pairs into nodes, and bad statements into diagnostics.
pub(super) struct Builder<'i> {
    text: &'i str,
    file: FileId,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'i> Builder<'i> {
    pub(super) fn new(text: &'i str, file: FileId) -> Self {
        Self { text, file, diagnostics: Vec::new() }
    }

    pub(super) fn span(&self, pair: &P<'i>) -> Span {
        let span = pair.as_span();
        // Rules that end in white space would point behind their text.
        let len = span.as_str().trim_end().len();
        Span { file: self.file, start: span.start() as u32, end: (span.start() + len) as u32 }
    }

    pub(super) fn file(&mut self, pair: P<'i>) -> File {
        File { statements: self.statements(pair.into_inner()) }
    }

    fn statements(&mut self, pairs: Pairs<'i, Rule>) -> Vec<Statement> {
        let mut docs = Vec::new();
        let mut statements = Vec::new();
        for pair in pairs {
            match pair.as_rule() {
                Rule::doc => docs.push(doc(&pair)),
                Rule::EOI | Rule::lb | Rule::rb => {}
                _ => {
                    let span = self.span(&pair);
                    let docs = std::mem::take(&mut docs);
                    let node = self.node(pair, span, &docs);
                    statements.push(Statement { span, docs, node });
                }
            }
        }
        statements
    }

    fn block(&mut self, pair: P<'i>) -> Block {
        let span = self.span(&pair);
        Block { statements: self.statements(pair.into_inner()).into(), span }
    }

    fn node(&mut self, pair: P<'i>, span: Span, docs: &[String]) -> Node {
        let rule = pair.as_rule();
        let mut c = Children(significant(pair.into_inner()));
        match rule {
            Rule::header => Node::Header(c.find(Rule::number).map_or(0.0, |n| number(n.as_str()))),
            Rule::import => self.import(c),
            Rule::assign => Node::Assign(self.assign(c)),
            Rule::set => Node::Set(self.assign(c)),
            Rule::param | Rule::declare => {
                let declare = self.declare(c, rule == Rule::param, docs.to_vec());
                Node::Declare(declare)
            }
            Rule::let_ => self.let_(c),
            Rule::kind | Rule::template => self.kind(c, rule == Rule::template),
            Rule::fault => self.fault(c),
            Rule::system => Node::System(self.section(c)),
            Rule::scenario => Node::Scenario(self.section(c)),
            Rule::section => Node::Section(self.section(c)),
            Rule::traffic => {
                let name = self.name_of(c.find(Rule::ident));
                let _title = c.find(Rule::string);
                let target = self.path_of(c.find(Rule::path), span);
                let body = self.block_of(c.find(Rule::block), span);
                Node::Traffic { name, target, body }
            }
            Rule::edge => self.edge(c),
            Rule::decl => match explain::declaration(self.text, span) {
                Some(diagnostic) => {
                    self.diagnostics.push(diagnostic);
                    Node::Bad
                }
                None => self.item(c, span),
            },
            Rule::bare => {
                let name = self.name_of(c.find(Rule::ident));
                let args = c.find(Rule::args).map(|a| self.args(a)).unwrap_or_default();
                Node::Bare(name, args)
            }
            Rule::clear => Node::Clear(self.path_of(c.find(Rule::path), span)),
            Rule::part => self.part(c, span),
            Rule::phase => Node::Phase(self.name_of(c.find(Rule::ident)), self.expr_of(c.find(Rule::expr), span)),
            Rule::timed => self.timed(c, span),
            Rule::expect => self.expect(c, span),
            Rule::step => c.next().map_or(Node::Bad, |step| Node::Step(self.step(step))),
            _ => {
                self.diagnostics.push(explain::statement(self.text, span));
                Node::Bad
            }
        }
    }

    fn import(&mut self, mut c: Children<'i>) -> Node {
        let path = c.find(Rule::string).map_or(empty_name(), |s| Name { span: self.span(&s), text: text(s) });
        let alias = c.find(Rule::ident).map(|i| self.name(&i));
        let mut names = Vec::new();
        while let Some(pair) = c.find(Rule::name_as) {
            let mut inner = Children(significant(pair.into_inner()));
            let name = self.name_of(inner.find(Rule::ident));
            names.push((name, inner.find(Rule::ident).map(|i| self.name(&i))));
        }
        Node::Import { path, alias, names }
    }

    fn assign(&mut self, mut c: Children<'i>) -> Assign {
        let target = self.path_of(c.find(Rule::path), Span::default());
        let op = c.find(Rule::assign_op).map_or("=".to_owned(), |op| op.as_str().trim().to_owned());
        let value = self.expr_of(c.find(Rule::expr), target.span);
        Assign { target, op, value }
    }

    fn declare(&mut self, mut c: Children<'i>, param: bool, docs: Vec<String>) -> Declare {
        let name = self.name_of(c.find(Rule::ident));
        let mut ty = Children(c.find(Rule::r#type).map_or(Vec::new(), |t| significant(t.into_inner())));
        let ty_name = self.name_of(ty.find(Rule::ident));
        let ty_args = ty.find(Rule::args).map(|a| self.args(a)).unwrap_or_default();
        let optional = ty.find(Rule::optional).is_some();
        let default = c.find(Rule::expr).map(|e| self.expr(e));
        let choices = c.find(Rule::list).map(|l| self.primary(l));
        Declare { param, name, ty: ty_name, ty_args, optional, default, choices, docs }
    }

    fn let_(&mut self, mut c: Children<'i>) -> Node {
        let path = self.path_of(c.find(Rule::path), Span::default());
        let name = Name { text: path.dotted(), span: path.span };
        if let Some(section) = c.find(Rule::section) {
            let section = self.section(Children(significant(section.into_inner())));
            return Node::LetBlock(name, section.name, section.body);
        }
        let span = name.span;
        Node::Let(name, self.expr_of(c.find(Rule::expr), span))
    }

    fn kind(&mut self, mut c: Children<'i>, template: bool) -> Node {
        let name = if template {
            let name = self.name_of(c.find(Rule::ident));
            Path { span: name.span, segments: vec![Segment { name, index: None }] }
        } else {
            self.path_of(c.find(Rule::path), Span::default())
        };
        let title = c.find(Rule::string).map(text);
        let base = c.find(Rule::path).map(|p| self.path(p));
        let body = self.block_of(c.find(Rule::block), name.span);
        Node::Kind(Kind { template, name, title, base, body })
    }

    fn fault(&mut self, mut c: Children<'i>) -> Node {
        let name = self.name_of(c.find(Rule::ident));
        let mut params = Vec::new();
        if let Some(list) = c.find(Rule::fault_params) {
            let mut docs = Vec::new();
            for pair in list.into_inner() {
                match pair.as_rule() {
                    Rule::doc => docs.push(doc(&pair)),
                    Rule::declare => {
                        let docs = std::mem::take(&mut docs);
                        params.push(self.declare(Children(significant(pair.into_inner())), false, docs));
                    }
                    _ => {}
                }
            }
        }
        let target = self.name_of(c.find(Rule::ident));
        let body = self.block_of(c.find(Rule::block), name.span);
        Node::Fault { name, params, target, body }
    }

    fn section(&mut self, mut c: Children<'i>) -> Section {
        let name = self.name_of(c.find(Rule::ident));
        let title = c.find(Rule::string).map(text);
        let of = c.find(Rule::path).map(|p| self.path(p));
        let body = self.block_of(c.find(Rule::block), name.span);
        Section { name, title, of, body }
    }

    fn edge(&mut self, mut c: Children<'i>) -> Node {
        let (mut ends, mut asynchronous) = (Vec::new(), Vec::new());
        while let Some(path) = c.find(Rule::path) {
            ends.push(self.path(path));
            if let Some(arrow) = c.find(Rule::arrow) {
                asynchronous.push(arrow.as_str().trim() == "~>");
            }
        }
        let body = c.find(Rule::block).map(|b| self.block(b));
        Node::Edge(Edge { ends, asynchronous, body })
    }

    fn item(&mut self, mut c: Children<'i>, span: Span) -> Node {
        let kind = self.path_of(c.find(Rule::path), span);
        let name = self.name_of(c.find(Rule::ident));
        let title = c.find(Rule::string).map(text);
        let base = c.find(Rule::path).map(|p| self.path(p));
        let body = c.find(Rule::block).map(|b| self.block(b));
        Node::Item(Item { kind, name, title, base, body: body.map(Arc::new) })
    }

    fn timed(&mut self, mut c: Children<'i>, span: Span) -> Node {
        let (Some(trigger), Some(action)) = (c.next(), c.next()) else { return Node::Bad };
        let trigger = self.trigger(trigger, span);
        let mut actions = vec![self.action(action, span)];
        while let Some(pair) = c.find(Rule::inject) {
            actions.push(self.inject(Children(significant(pair.into_inner()))));
        }
        // Each has what follows it within.
        let chained = actions.into_iter().rev().fold(None, |after: Option<Box<Action>>, mut action| {
            if let Action::Inject { then, .. } = &mut action {
                *then = after;
            }
            Some(Box::new(action))
        });
        chained.map_or(Node::Bad, |action| Node::Timed(trigger, *action))
    }

    /// A part of a fault: when or how the changes in it act.
    fn part(&mut self, mut c: Children<'i>, span: Span) -> Node {
        let Some(head) = c.next() else { return Node::Bad };
        let way = match head.as_rule() {
            Rule::when | Rule::random => match self.trigger(head, span) {
                Trigger::When(condition, sustained) => Way::When(condition, sustained),
                Trigger::Random(args, place) => Way::Random(args, place),
                Trigger::At(_) | Trigger::Every(..) => return Node::Bad,
            },
            word => {
                let expr = self.expr_of(c.find(Rule::expr), span);
                match word {
                    Rule::kw_after => Way::After(expr),
                    Rule::kw_ramp => Way::Ramp(expr),
                    Rule::kw_fade => Way::Fade(expr),
                    _ => Way::During(expr),
                }
            }
        };
        Node::Part { way, body: self.block_of(c.find(Rule::block), span) }
    }

    fn trigger(&mut self, trigger: P<'i>, span: Span) -> Trigger {
        let rule = trigger.as_rule();
        let place = self.span(&trigger);
        let mut t = Children(significant(trigger.into_inner()));
        match rule {
            Rule::at => Trigger::At(self.expr_of(t.find(Rule::expr), span)),
            Rule::every => {
                let every = self.expr_of(t.find(Rule::expr), span);
                let (mut from, mut to) = (None, None);
                while let Some(pair) = t.next() {
                    match pair.as_rule() {
                        Rule::kw_from => from = t.find(Rule::expr).map(|e| self.expr(e)),
                        Rule::kw_to => to = t.find(Rule::expr).map(|e| self.expr(e)),
                        _ => {}
                    }
                }
                Trigger::Every(every, from, to)
            }
            Rule::when => {
                let condition = self.expr_of(t.find(Rule::expr), span);
                Trigger::When(condition, t.find(Rule::expr).map(|e| self.expr(e)))
            }
            _ => Trigger::Random(t.find(Rule::args).map(|a| self.args(a)).unwrap_or_default(), place),
        }
    }

    fn action(&mut self, action: P<'i>, span: Span) -> Action {
        let rule = action.as_rule();
        let mut a = Children(significant(action.into_inner()));
        match rule {
            Rule::inject => self.inject(a),
            Rule::set => {
                let target = self.path_of(a.find(Rule::path), span);
                let value = self.expr_of(a.find(Rule::expr), span);
                let assign = Assign { target, op: "=".to_owned(), value };
                let lasting = a.find(Rule::lasting).map(|l| self.first_expr(l));
                let named = a.find(Rule::named).map(|n| self.first_name(n));
                Action::Set { assign, lasting, named }
            }
            _ => Action::Mark(self.name_of(a.find(Rule::ident))),
        }
    }

    fn inject(&mut self, mut c: Children<'i>) -> Action {
        let fault = self.name_of(c.find(Rule::ident));
        let (mut args, mut on, mut named) = (Vec::new(), Vec::new(), None);
        let (mut lasting, mut ramp, mut fade, mut stagger) = (None, None, None, None);
        while let Some(pair) = c.next() {
            match pair.as_rule() {
                Rule::args => args = self.args(pair),
                Rule::on => on = self.aims(pair),
                Rule::lasting => lasting = Some(self.first_expr(pair)),
                Rule::ramp => ramp = Some(self.first_expr(pair)),
                Rule::fade => fade = Some(self.first_expr(pair)),
                Rule::stagger => stagger = Some(self.first_expr(pair)),
                Rule::named => named = Some(self.first_name(pair)),
                _ => {}
            }
        }
        Action::Inject { fault, args, on, lasting, ramp, fade, stagger, named, then: None }
    }

    /// `on a`, `on a -> b`, `on [a, b -> c]`, `on zone 1`, `on kind cache`
    fn aims(&mut self, on: P<'i>) -> Vec<Aim> {
        let mut aims = Vec::new();
        for pair in significant(on.into_inner()) {
            let place = self.span(&pair);
            match pair.as_rule() {
                Rule::aims => aims.extend(self.aims(pair)),
                Rule::aim => {
                    let mut a = Children(significant(pair.into_inner()));
                    let from = self.path_of(a.find(Rule::path), place);
                    aims.push(match a.find(Rule::path) {
                        Some(to) => Aim::Edge(from, self.path(to)),
                        None => Aim::At(from),
                    });
                }
                Rule::all_in_zone => {
                    let zone = Children(significant(pair.into_inner())).find(Rule::number);
                    aims.push(Aim::Zone(zone.map_or(0.0, |n| number(n.as_str())) as u32, place));
                }
                Rule::all_of_kind => {
                    let kind = Children(significant(pair.into_inner())).find(Rule::path);
                    aims.push(Aim::Kind(self.path_of(kind, place)));
                }
                _ => {}
            }
        }
        aims
    }

    fn expect(&mut self, mut c: Children<'i>, span: Span) -> Node {
        let level = match c.next().map(|p| p.as_rule()) {
            Some(Rule::expect_fail) => Level::ExpectFail,
            Some(Rule::expect_warn) => Level::Warn,
            _ => Level::Expect,
        };
        let label = c.find_next(Rule::string).map(text);
        let quantifier = c.find_next(Rule::quantifier).map(|q| match q.as_str().trim() {
            "always" => Quantifier::Always,
            "eventually" => Quantifier::Eventually,
            _ => Quantifier::Never,
        });
        let condition = self.expr_of(c.find(Rule::expr), span);
        let near = c.find_next(Rule::near).map(|pair| {
            let mut n = Children(significant(pair.into_inner()));
            (self.expr_of(n.find(Rule::expr), span), self.expr_of(n.find(Rule::expr), span))
        });
        let mut windows = Vec::new();
        while let Some(pair) = c.next() {
            let rule = pair.as_rule();
            let mut w = Children(significant(pair.into_inner()));
            let expr = w.find(Rule::expr).map(|e| self.expr(e));
            let path = w.find(Rule::path).map(|p| self.path(p));
            match (rule, expr, path) {
                (Rule::during, Some(e), _) => windows.push(Window::During(e)),
                (Rule::within, Some(e), Some(p)) => windows.push(Window::Within(e, p)),
                (Rule::within, Some(e), None) => windows.push(Window::InTime(e)),
                (Rule::after, _, Some(p)) => windows.push(Window::After(p)),
                (Rule::sustained, Some(e), _) => windows.push(Window::For(e)),
                (Rule::over, Some(e), _) => windows.push(Window::Over(e)),
                _ => {}
            }
        }
        Node::Expect(Expect { level, label, quantifier, condition, near, windows })
    }

    fn step(&mut self, pair: P<'i>) -> Step {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut c = Children(significant(pair.into_inner()));
        match rule {
            Rule::work => Step::Work(self.expr_of(c.find(Rule::expr), span)),
            Rule::call => {
                let target = self.path_of(c.find(Rule::path), span);
                let args = c.find_next(Rule::args).map(|a| self.args(a)).unwrap_or_default();
                let times = c.find(Rule::expr).map(|e| self.expr(e));
                Step::Call { target, args, times }
            }
            Rule::publish => {
                let target = self.path_of(c.find(Rule::path), span);
                Step::Publish(target, c.find(Rule::args).map(|a| self.args(a)).unwrap_or_default())
            }
            Rule::reply => Step::Reply(c.find(Rule::expr).map(|e| self.expr(e))),
            Rule::fail => Step::Fail(c.find(Rule::expr).map(|e| self.expr(e))),
            Rule::parallel => {
                let need = match c.find_next_of(&[Rule::need_first, Rule::need_quorum]) {
                    None => Need::All,
                    Some(pair) if pair.as_rule() == Rule::need_first => Need::First,
                    Some(pair) => Need::Quorum(self.first_expr(pair)),
                };
                let each = c.find(Rule::each).map(|pair| self.first_expr(pair));
                Step::Parallel(need, each, self.block_of(c.find(Rule::block), span))
            }
            Rule::with => self.with(c, span),
            Rule::lookup => {
                Step::Lookup(self.path_of(c.find(Rule::path), span), self.block_of(c.find(Rule::block), span))
            }
            Rule::put => {
                let remove = c.find_next_of(&[Rule::fill, Rule::invalidate]).map(|pair| pair.as_rule());
                let target = self.path_of(c.find(Rule::path), span);
                let body = c.find(Rule::block).map(|block| self.block(block));
                Step::Put { target, body, remove: remove == Some(Rule::invalidate) }
            }
            Rule::admit => Step::Admit(self.block_of(c.find(Rule::block), span)),
            Rule::try_ => {
                let body = self.block_of(c.find(Rule::block), span);
                Step::Try(body, self.block_of(c.find(Rule::block), span))
            }
            Rule::background => Step::Background(self.block_of(c.find(Rule::block), span)),
            Rule::saga | Rule::undoable => {
                let body = self.block_of(c.find(Rule::block), span);
                let then = c.find(Rule::block).map(|block| self.block(block));
                if rule == Rule::saga { Step::Saga(body, then) } else { Step::Undoable(body, then) }
            }
            _ => Step::Loop(self.expr_of(c.find(Rule::expr), span), self.block_of(c.find(Rule::block), span)),
        }
    }

    fn with(&mut self, mut c: Children<'i>, span: Span) -> Step {
        let share = self.expr_of(c.find(Rule::expr), span);
        let then = self.block_of(c.find(Rule::block), span);
        let otherwise = c.find_next_of(&[Rule::with, Rule::block]).map(|pair| {
            if pair.as_rule() == Rule::block {
                return self.block(pair);
            }
            let span = self.span(&pair);
            let inner = Children(significant(pair.into_inner()));
            let node = Node::Step(self.with(inner, span));
            Block { statements: Arc::new([Statement { span, docs: Vec::new(), node }]), span }
        });
        Step::With { share, then, otherwise }
    }

    pub(super) fn name(&self, pair: &P<'i>) -> Name {
        Name { text: pair.as_str().to_owned(), span: self.span(pair) }
    }

    pub(super) fn name_of(&self, pair: Option<P<'i>>) -> Name {
        pair.map_or(empty_name(), |pair| self.name(&pair))
    }

    pub(super) fn path_of(&mut self, pair: Option<P<'i>>, span: Span) -> Path {
        pair.map_or(Path { segments: Vec::new(), span }, |pair| self.path(pair))
    }

    fn block_of(&mut self, pair: Option<P<'i>>, span: Span) -> Block {
        pair.map_or(Block { statements: Arc::default(), span }, |pair| self.block(pair))
    }

    pub(super) fn expr_of(&mut self, pair: Option<P<'i>>, span: Span) -> Expr {
        pair.map_or(Expr { span, kind: ExprKind::Bad }, |pair| self.expr(pair))
    }

    fn first_expr(&mut self, pair: P<'i>) -> Expr {
        let span = self.span(&pair);
        let mut c = Children(significant(pair.into_inner()));
        self.expr_of(c.find(Rule::expr), span)
    }

    fn first_name(&mut self, pair: P<'i>) -> Name {
        let mut c = Children(significant(pair.into_inner()));
        self.name_of(c.find(Rule::ident))
    }
}

fn doc(pair: &P<'_>) -> String {
    let line = pair.as_str().trim_start_matches("///");
    line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
}

fn empty_name() -> Name {
    Name { text: String::new(), span: Span::default() }
}
