//! The tree, walked for every place where a name of the user's stands.

use super::document::Document;
use super::names::{Names, Sort, Symbol, chain, endpoint, family};
use crate::resolve::program::Program;
use crate::syntax::ast::{
    Arg, Assign, Block, Declare, Edge, Expr, ExprKind, Index, Item, Kind, Name, Node, Path, Section, Statement, Step,
    Way,
};
use crate::syntax::span::Span;

/// Blocks that can be the name of a policy.
const POLICIES: [&str; 4] = ["retry", "breaker", "health", "eject"];

/// Adds the uses of a file's names to their definitions.
pub(super) fn uses(document: &Document<'_>, names: &mut Names) {
    let program = &document.analysis.program;
    let mut walk = Walk {
        program,
        names,
        family: String::new(),
        component: String::new(),
        root: String::new(),
        hidden: Vec::new(),
        found: Vec::new(),
    };
    document.analysis.file.statements.iter().for_each(|statement| walk.top(statement));
    let found = walk.found;
    names.mentions.extend(found);
}

pub(super) struct Walk<'p> {
    pub(super) program: &'p Program,
    pub(super) names: &'p Names,
    /// The system around, or that which the scenario around is of.
    pub(super) family: String,
    /// The component around, or that which the traffic around comes to.
    component: String,
    /// The scenario around.
    pub(super) root: String,
    /// Names that mean something nearer here than the file's values.
    hidden: Vec<String>,
    found: Vec<(Span, Symbol)>,
}

impl Walk<'_> {
    pub(super) fn mention(&mut self, sort: Sort, owner: &str, name: &str, span: Span) -> bool {
        let known = self.names.has(sort, owner, name);
        if known {
            self.found.push((span, Symbol { sort, owner: owner.to_owned(), name: name.to_owned() }));
        }
        known
    }

    pub(super) fn plain(&mut self, sort: Sort, path: &Path) -> bool {
        self.mention(sort, "", &path.dotted(), path.span)
    }

    fn top(&mut self, statement: &Statement) {
        match &statement.node {
            Node::Kind(kind) => self.kind(kind),
            Node::Fault { params, body, .. } => self.fault(params, body),
            Node::Let(_, value) => self.value(value),
            Node::LetBlock(_, _, body) => self.settings(body),
            Node::Declare(declare) => self.declare(declare),
            Node::System(section) => self.system(section),
            Node::Scenario(section) => self.scenario(section),
            _ => {}
        }
    }

    fn declare(&mut self, declare: &Declare) {
        declare.default.iter().chain(&declare.choices).for_each(|value| self.value(value));
    }

    fn kind(&mut self, kind: &Kind) {
        kind.base.iter().for_each(|base| _ = self.plain(Sort::Kind, base));
        self.hide_properties(&kind.name.dotted());
        if kind.template {
            // Its steps are read where it is used: in the first system, as far as this goes.
            let first = self.program.systems.first().map(|system| system.name.text.clone()).unwrap_or_default();
            self.family = family(self.program, &first);
        }
        for statement in &kind.body {
            self.of_component(statement);
        }
        self.hidden.clear();
        self.family.clear();
    }

    /// Properties of a kind go before values of the file.
    fn hide_properties(&mut self, kind: &str) {
        for name in chain(self.program, kind) {
            let body = self.program.kinds.get(name).map(|def| &def.kind.body);
            self.hidden.extend(body.into_iter().flatten().filter_map(|statement| match &statement.node {
                Node::Declare(declare) => Some(declare.name.text.clone()),
                _ => None,
            }));
        }
    }

    fn fault(&mut self, params: &[Declare], body: &Block) {
        self.hidden = params.iter().map(|param| param.name.text.clone()).collect();
        self.hidden.extend(["replica", "struck", "target"].map(str::to_owned));
        params.iter().for_each(|param| self.declare(param));
        self.changes(body);
        self.hidden.clear();
    }

    fn changes(&mut self, body: &Block) {
        for statement in body {
            match &statement.node {
                Node::Assign(assign) => self.value(&assign.value),
                Node::Part { way, body } => {
                    match way {
                        Way::During(time) | Way::After(time) | Way::Ramp(time) | Way::Fade(time) => self.value(time),
                        Way::When(condition, lasting) => {
                            self.value(condition);
                            lasting.iter().for_each(|time| self.value(time));
                        }
                        Way::Random(args, _) => self.args(args),
                    }
                    self.changes(body);
                }
                _ => {}
            }
        }
    }

    fn system(&mut self, section: &Section) {
        section.of.iter().for_each(|of| _ = self.plain(Sort::System, of));
        self.family = family(self.program, &section.name.text);
        for statement in &section.body {
            match &statement.node {
                Node::Item(item) => self.item(item),
                Node::Edge(edge) => self.edge(edge),
                Node::Traffic { target, body, .. } => self.traffic(target, body),
                Node::Assign(assign) => self.value(&assign.value),
                _ => {}
            }
        }
        self.family.clear();
    }

    fn item(&mut self, item: &Item) {
        if item.kind.word() == Some("slo") {
            let assigns = item.body.iter().flat_map(|body| &**body);
            return assigns.for_each(|statement| {
                if let Node::Assign(assign) = &statement.node {
                    self.measured(&assign.value);
                }
            });
        }
        self.plain(Sort::Kind, &item.kind);
        item.base.iter().for_each(|base| _ = self.plain(Sort::Kind, base));
        self.component.clone_from(&item.name.text);
        self.hide_properties(&item.base.as_ref().unwrap_or(&item.kind).dotted());
        for statement in item.body.iter().flat_map(|body| &**body) {
            self.of_component(statement);
        }
        self.hidden.clear();
        self.component.clear();
    }

    fn of_component(&mut self, statement: &Statement) {
        match &statement.node {
            Node::Assign(assign) => self.property(assign),
            Node::Declare(declare) => self.declare(declare),
            Node::Section(section) => self.settings(&section.body),
            Node::Item(item) if endpoint(statement).is_some() => {
                let hidden = self.hidden.len();
                self.hidden.extend(["size", "result"].map(str::to_owned));
                item.body.iter().for_each(|body| self.steps(body));
                self.hidden.truncate(hidden);
            }
            _ => {}
        }
    }

    /// A property that may be the name of a component: `on = brokers`, `input = agent.context`.
    fn property(&mut self, assign: &Assign) {
        match &assign.value.kind {
            ExprKind::Path(path) if !self.is_value(path) && (path.segments.len() == 2 || self.is_component(assign)) => {
                self.part(path);
            }
            _ => self.value(&assign.value),
        }
    }

    fn is_component(&self, assign: &Assign) -> bool {
        let name = assign.target.dotted();
        let kind = self.names.kind_of(&self.family, &self.component).unwrap_or("");
        let declared = chain(self.program, kind).into_iter().filter_map(|kind| self.program.kinds.get(kind));
        declared.flat_map(|def| &def.kind.body).any(|statement| {
            matches!(&statement.node, Node::Declare(declare) if declare.name.text == name && declare.ty.text == "component")
        })
    }

    /// A block of settings: values, policies, blocks within.
    fn settings(&mut self, body: &Block) {
        body.statements.iter().for_each(|statement| self.setting(statement));
    }

    fn setting(&mut self, statement: &Statement) {
        match &statement.node {
            Node::Assign(assign) => {
                let name = assign.target.dotted();
                match &assign.value.kind {
                    ExprKind::Path(path) if POLICIES.contains(&name.as_str()) => _ = self.plain(Sort::Policy, path),
                    ExprKind::Path(path) if name == "dead_letter" => self.part(path),
                    _ => self.property(assign),
                }
            }
            Node::Section(section) => self.settings(&section.body),
            _ => {}
        }
    }

    fn edge(&mut self, edge: &Edge) {
        edge.ends.iter().for_each(|end| self.part(end));
        edge.body.iter().for_each(|body| self.settings(body));
    }

    fn traffic(&mut self, target: &Path, body: &Block) {
        self.part(target);
        let component = target.segments.first().map(|segment| segment.name.text.clone()).unwrap_or_default();
        for statement in body {
            match &statement.node {
                Node::Section(section) if section.name.text == "mix" => {
                    for statement in &section.body {
                        let Node::Assign(assign) = &statement.node else { continue };
                        self.value(&assign.value);
                        let first = assign.target.segments.first();
                        first.into_iter().for_each(|segment| self.endpoint(&component, &segment.name));
                    }
                }
                _ => self.setting(statement),
            }
        }
    }

    fn steps(&mut self, body: &Block) {
        for statement in body {
            match &statement.node {
                Node::Assign(assign) => self.property(assign),
                Node::Section(section) if section.name.text == "miss" => self.steps(&section.body),
                Node::Section(section) => self.settings(&section.body),
                Node::Step(step) => self.step(step),
                _ => {}
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Work(value) => self.value(value),
            Step::Call { target, args, times } => {
                self.part(target);
                self.args(args);
                times.iter().for_each(|value| self.value(value));
            }
            Step::Publish(target, args) => {
                self.part(target);
                self.args(args);
            }
            Step::Reply(value) | Step::Fail(value) => value.iter().for_each(|value| self.value(value)),
            Step::Parallel(need, each, body) => {
                if let crate::syntax::ast::Need::Quorum(value) = need {
                    self.value(value);
                }
                each.iter().for_each(|value| self.value(value));
                self.steps(body);
            }
            Step::With { share, then, otherwise } => {
                self.value(share);
                self.steps(then);
                otherwise.iter().for_each(|body| self.steps(body));
            }
            Step::Lookup(target, body) => {
                self.part(target);
                self.steps(body);
            }
            Step::Put { target, body, .. } => {
                self.part(target);
                body.iter().for_each(|body| self.settings(body));
            }
            Step::Admit(body) => self.settings(body),
            Step::Loop(value, body) => {
                self.value(value);
                self.steps(body);
            }
            Step::Background(body) => self.steps(body),
            Step::Try(body, other) => {
                self.steps(body);
                self.steps(other);
            }
            Step::Saga(body, other) | Step::Undoable(body, other) => {
                self.steps(body);
                other.iter().for_each(|body| self.steps(body));
            }
        }
    }

    /// `a`, `a[0]`, `a.b`: a component or traffic, and an endpoint.
    pub(super) fn part(&mut self, path: &Path) {
        let Some(first) = path.segments.first() else { return };
        if let Some(Index::Expr(expr)) = &first.index {
            self.value(expr);
        }
        let (family, name) = (self.family.clone(), &first.name);
        if self.mention(Sort::Component, &family, &name.text, name.span) {
            if let Some(second) = path.segments.get(1) {
                self.endpoint(&name.text, &second.name);
            }
        } else {
            self.mention(Sort::Traffic, &family, &name.text, name.span);
        }
    }

    fn endpoint(&mut self, component: &str, name: &Name) {
        let found = self.names.endpoint(self.program, &self.family, component, &name.text);
        self.found.extend(found.map(|symbol| (name.span, symbol)));
    }

    pub(super) fn args(&mut self, args: &[Arg]) {
        args.iter().for_each(|arg| self.value(&arg.value));
    }

    fn is_value(&self, path: &Path) -> bool {
        let name = path.dotted();
        !self.hidden.contains(&name) && self.names.has(Sort::Value, "", &name)
    }

    /// A value, in which words may be values of the file.
    pub(super) fn value(&mut self, expr: &Expr) {
        self.expr(expr, false);
    }

    /// A condition, in which words may be components as well.
    pub(super) fn measured(&mut self, expr: &Expr) {
        self.expr(expr, true);
    }

    fn expr(&mut self, expr: &Expr, measured: bool) {
        match &expr.kind {
            ExprKind::Path(path) if self.is_value(path) => _ = self.plain(Sort::Value, path),
            ExprKind::Path(path) if measured => self.part(path),
            ExprKind::Invoke(_, args) => {
                for arg in args {
                    self.expr(&arg.value, measured);
                    arg.to.iter().for_each(|to| self.part(to));
                }
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item, measured)),
            ExprKind::Sign(_, inner) => self.expr(inner, measured),
            ExprKind::Binary(_, left, right) => {
                self.expr(left, measured);
                self.expr(right, measured);
            }
            _ => {}
        }
    }
}
