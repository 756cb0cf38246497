//! Statements that define something: files, values, kinds, faults, systems, and what is in those.

use super::{Reader, Wanted};
use crate::syntax::ast::{Assign, Declare, Edge, Expr, Item, Kind, Name, Node, Path, Section, Segment};
use std::sync::Arc;

impl Reader<'_> {
    /// `sysdl 1`
    pub(super) fn header(&mut self) -> Option<Node> {
        self.led("sysdl", Self::number).map(Node::Header)
    }

    /// `import "x" as y`, `import "x" { a, b as c }`
    pub(super) fn import(&mut self) -> Option<Node> {
        self.word("import")?;
        self.gap();
        let start = self.at;
        let text = self.string()?;
        let path = Name { text, span: self.since(start) };
        let alias = self.next(|r| r.led("as", Self::ident));
        let names = if alias.is_some() { None } else { self.maybe(Self::imported) };
        Some(Node::Import { path, alias, names: names.unwrap_or_default() })
    }

    /// `{ a, b as c }`
    fn imported(&mut self) -> Option<Vec<(Name, Option<Name>)>> {
        self.sign(b'{', Wanted::OpenBrace)?;
        let docs = self.lines_around();
        let names = self.listed(docs, |r, _| {
            let name = r.ident()?;
            Some((name, r.next(|r| r.led("as", Self::ident))))
        });
        if names.is_empty() {
            return None;
        }
        self.lines_around();
        self.sign(b'}', Wanted::CloseBrace)?;
        Some(names)
    }

    /// `= value`, `+= value`: the operator and the value.
    pub(super) fn assignment(&mut self) -> Option<(&'static str, Expr)> {
        self.gap();
        let found = ["+=", "*=", "|=", "="].into_iter().find(|op| self.starts(op));
        let Some(op) = found.filter(|&op| op != "=" || self.peek(1) != b'=') else {
            self.missed(Wanted::AssignOp);
            return None;
        };
        self.at += op.len();
        self.lines_around();
        Some((op, self.expr()?))
    }

    pub(super) fn assigned(&self, target: Path, op: &'static str, value: Expr) -> Node {
        Node::Assign(Assign { target, op: op.to_owned(), value })
    }

    /// `param name: type = value in [a, b]`
    pub(super) fn param(&mut self, docs: Vec<String>) -> Option<Node> {
        self.word("param")?;
        let mut declare = self.next(|r| r.typed(docs))?;
        declare.param = true;
        declare.default = self.next(|r| {
            r.equals()?;
            r.next(Self::expr)
        });
        declare.choices = self.next(|r| r.led("in", Self::list_expr));
        Some(Node::Declare(declare))
    }

    /// `name: type = value`
    pub(super) fn declare(&mut self, docs: Vec<String>) -> Option<Declare> {
        let mut declare = self.typed(docs)?;
        declare.default = self.next(|r| {
            r.equals()?;
            r.lines_around();
            r.expr()
        });
        Some(declare)
    }

    /// `name: type`
    fn typed(&mut self, docs: Vec<String>) -> Option<Declare> {
        let name = self.ident()?;
        self.next(Self::colon)?;
        let ty = self.next(Self::ident)?;
        let ty_args = self.next(Self::args).unwrap_or_default();
        let optional = self.next(|r| r.sign(b'?', Wanted::Other)).is_some();
        Some(Declare { param: false, name, ty, ty_args, optional, default: None, choices: None, docs })
    }

    /// `let x = 5`, `let x = retry { … }`
    pub(super) fn let_(&mut self) -> Option<Node> {
        self.word("let")?;
        let path = self.next(Self::path)?;
        let name = Name { text: path.dotted(), span: path.span };
        self.next(Self::equals)?;
        self.lines_around();
        if let Some(section) = self.maybe(Self::section) {
            return Some(Node::LetBlock(name, section.name, section.body));
        }
        Some(Node::Let(name, self.expr()?))
    }

    /// `kind cache "Cache" : base { … }`
    pub(super) fn kind(&mut self) -> Option<Node> {
        self.word("kind")?;
        let name = self.next(Self::path)?;
        let title = self.next(Self::string);
        let base = self.next(Self::base);
        let body = self.next(Self::block)?;
        Some(Node::Kind(Kind { template: false, name, title, base, body }))
    }

    /// `template x "Title" : kind { … }`
    pub(super) fn template(&mut self) -> Option<Node> {
        self.word("template")?;
        let name = self.next(Self::ident)?;
        let title = self.next(Self::string);
        let base = self.next(Self::base)?;
        let body = self.next(Self::block)?;
        let name = Path { span: name.span, segments: vec![Segment { name, index: None }] };
        Some(Node::Kind(Kind { template: true, name, title, base: Some(base), body }))
    }

    /// `: base`
    fn base(&mut self) -> Option<Path> {
        self.colon()?;
        self.next(Self::path)
    }

    /// `fault slow(factor: factor) on component { … }`
    pub(super) fn fault(&mut self) -> Option<Node> {
        self.word("fault")?;
        let name = self.next(Self::ident)?;
        let params = self.next(Self::fault_params).unwrap_or_default();
        let target = self.next(|r| r.led("on", Self::ident))?;
        let body = self.next(Self::block)?;
        Some(Node::Fault { name, params, target, body })
    }

    fn fault_params(&mut self) -> Option<Vec<Declare>> {
        self.sign(b'(', Wanted::OpenParenthesis)?;
        let docs = self.lines_around();
        let params = self.listed(docs, Self::declare);
        self.lines_around();
        self.sign(b')', Wanted::CloseParenthesis)?;
        Some(params)
    }

    /// `system shop "Shop" amends base { … }`
    pub(super) fn system(&mut self) -> Option<Node> {
        self.titled("system", "amends").map(Node::System)
    }

    /// `scenario storm "Storm" of shop { … }`
    pub(super) fn scenario(&mut self) -> Option<Node> {
        self.titled("scenario", "of").map(Node::Scenario)
    }

    fn titled(&mut self, word: &'static str, of: &'static str) -> Option<Section> {
        self.word(word)?;
        let name = self.next(Self::ident)?;
        let title = self.next(Self::string);
        let of = self.next(|r| r.led(of, Self::path));
        Some(Section { name, title, of, body: self.next(Self::block)? })
    }

    /// `traffic shoppers "Shoppers" -> web { … }`
    pub(super) fn traffic(&mut self) -> Option<Node> {
        self.word("traffic")?;
        let name = self.next(Self::ident)?;
        self.next(Self::string);
        self.gap();
        if !self.starts("->") {
            self.missed(Wanted::Sync);
            return None;
        }
        self.at += 2;
        let target = self.next(Self::path)?;
        Some(Node::Traffic { name, target, body: self.next(Self::block)? })
    }

    /// ` -> b ~> c "label" { … }`, behind the first path; which is given back if there is no arrow.
    pub(super) fn edge(&mut self, first: Path) -> Result<Node, Path> {
        let hop = |r: &mut Self| {
            let asynchronous = r.arrow()?;
            Some((asynchronous, r.next(Self::path)?))
        };
        let Some((arrow, second)) = self.next(hop) else { return Err(first) };
        let (mut ends, mut asynchronous) = (vec![first, second], vec![arrow]);
        while let Some((arrow, path)) = self.next(hop) {
            asynchronous.push(arrow);
            ends.push(path);
        }
        self.next(Self::string);
        let body = self.next(Self::block);
        Ok(Node::Edge(Edge { ends, asynchronous, body }))
    }

    /// `cache redis "Redis" : base { … }`, behind the kind.
    pub(super) fn item(&mut self, kind: Path) -> Option<Node> {
        let name = self.next(Self::ident)?;
        let title = self.next(Self::string);
        self.gap();
        let (base, body) = match self.maybe(Self::base) {
            Some(base) => (Some(base), self.next(Self::block)),
            None => (None, self.maybe(Self::block)),
        };
        Some(Node::Item(Item { kind, name, title, base, body: body.map(Arc::new) }))
    }

    /// `retry "Title" { … }`
    pub(super) fn section(&mut self) -> Option<Section> {
        let name = self.ident()?;
        let title = self.next(Self::string);
        Some(Section { name, title, of: None, body: self.next(Self::block)? })
    }

    /// `word`, `word(args)`
    pub(super) fn bare(&mut self) -> Option<Node> {
        let name = self.ident()?;
        Some(Node::Bare(name, self.next(Self::args).unwrap_or_default()))
    }
}
