//! What was written. No name is known yet, no unit has a meaning.

mod expressions;
mod scenario;

use super::span::Span;
pub use expressions::*;
pub use scenario::*;
use std::sync::Arc;

/// A piece of text with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// `a.b[0].c`
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Its parts, at least one.
    pub segments: Vec<Segment>,
    /// The whole.
    pub span: Span,
}

impl Path {
    /// The path without selectors, as written: `a.b.c`.
    #[must_use]
    pub fn dotted(&self) -> String {
        let mut names = self.segments.iter().map(|segment| segment.name.text.as_str());
        let mut dotted = names.next().unwrap_or_default().to_owned();
        for name in names {
            dotted.push('.');
            dotted.push_str(name);
        }
        dotted
    }

    /// Whether it is written so, without selectors: `a.b.c`.
    #[must_use]
    pub fn is(&self, dotted: &str) -> bool {
        let mut rest = dotted;
        let mut behind = |segment: &Segment, dot: &str| {
            let left = rest.strip_prefix(dot).and_then(|rest| rest.strip_prefix(segment.name.text.as_str()));
            left.map(|left| rest = left).is_some()
        };
        let [first, more @ ..] = self.segments.as_slice() else { return dotted.is_empty() };
        if more.is_empty() {
            return first.name.text == dotted;
        }
        behind(first, "") && more.iter().all(|segment| behind(segment, ".")) && rest.is_empty()
    }

    /// The only word, if there is but one and no selector.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [only] if only.index.is_none() => Some(&only.name.text),
            _ => None,
        }
    }
}

/// `b[0]`
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The word.
    pub name: Name,
    /// The selector.
    pub index: Option<Index>,
}

/// What stands in `[ ]` behind a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Index {
    /// `[*]`
    All,
    /// `[zone 1]`
    Zone(u32),
    /// `[az=a]`
    Label(Name, Name),
    /// `[0]`, `[0..1]`, `[25%]`
    Expr(Box<Expr>),
}

/// Statements between braces. Copies share them.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// In order.
    pub statements: Arc<[Statement]>,
    /// With its braces.
    pub span: Span,
}

impl<'a> IntoIterator for &'a Block {
    type Item = &'a Statement;
    type IntoIter = std::slice::Iter<'a, Statement>;

    fn into_iter(self) -> Self::IntoIter {
        self.statements.iter()
    }
}

/// One statement.
#[derive(Debug, PartialEq)]
pub struct Statement {
    /// Where it stands.
    pub span: Span,
    /// Lines of `///` before it, without the slashes.
    pub docs: Vec<String>,
    /// What it is.
    pub node: Node,
}

/// A statement.
#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "files have hundreds of statements, not millions")]
pub enum Node {
    /// `sysdl 1`
    Header(f64),
    /// `import "x" as y`, `import "x" { a, b as c }`
    Import {
        /// What is imported.
        path: Name,
        /// `as y`
        alias: Option<Name>,
        /// `{ a, b as c }`
        names: Vec<(Name, Option<Name>)>,
    },
    /// `x.y = value`, `x += value`
    Assign(Assign),
    /// `name: type = default`, `param name: type = default in [..]`
    Declare(Declare),
    /// `let x = 5`
    Let(Name, Expr),
    /// `let x = retry { … }`
    LetBlock(Name, Name, Block),
    /// `kind cache "Cache" : base { … }`, `template x : base { … }`
    Kind(Kind),
    /// `fault slow(factor: factor) on component { … }`
    Fault {
        /// Its name.
        name: Name,
        /// Its parameters.
        params: Vec<Declare>,
        /// What it can strike.
        target: Name,
        /// What it changes.
        body: Block,
    },
    /// `system shop "Shop" amends base { … }`
    System(Section),
    /// `scenario storm of shop { … }`
    Scenario(Section),
    /// `traffic shoppers -> edge { … }`
    Traffic {
        /// Its name.
        name: Name,
        /// Where it goes.
        target: Path,
        /// How it comes.
        body: Block,
    },
    /// `a -> b { … }`, `a ~> b`
    Edge(Edge),
    /// `cache redis "Redis" : base { … }`
    Item(Item),
    /// `retry { … }`
    Section(Section),
    /// `word`, `word(args)`
    Bare(Name, Vec<Arg>),
    /// `clear store`
    Clear(Path),
    /// `during 0s..10s { … }`, `ramp 30s { … }`, `when … { … }` in a fault
    Part {
        /// When, or how.
        way: Way,
        /// What changes then.
        body: Block,
    },
    /// `phase storm = 60s..80s`
    Phase(Name, Expr),
    /// `at 60s inject …`
    Timed(Trigger, Action),
    /// `set path = value`
    Set(Assign),
    /// `expect …`
    Expect(Expect),
    /// What a request does.
    Step(Step),
    /// What could not be read; said already.
    Bad,
}

/// `path op value`
#[derive(Clone, Debug, PartialEq)]
pub struct Assign {
    /// What is changed.
    pub target: Path,
    /// `=`, `+=`, `*=`, `|=`
    pub op: String,
    /// To what.
    pub value: Expr,
}

/// A declared name with its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Declare {
    /// Declared with `param`.
    pub param: bool,
    /// Its name.
    pub name: Name,
    /// `duration`, `one_of`
    pub ty: Name,
    /// Arguments of the type: `one_of(a, b)`.
    pub ty_args: Vec<Arg>,
    /// `?`
    pub optional: bool,
    /// `= value`
    pub default: Option<Expr>,
    /// `in [..]`
    pub choices: Option<Expr>,
    /// Lines of `///` before it.
    pub docs: Vec<String>,
}

/// A definition of a kind, or a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// Written as `template`.
    pub template: bool,
    /// Its name, perhaps dotted.
    pub name: Path,
    /// `"Title"`
    pub title: Option<String>,
    /// `: base`
    pub base: Option<Path>,
    /// Its body.
    pub body: Block,
}

/// `word "Title" ref { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// `retry`; the name of a system or scenario.
    pub name: Name,
    /// `"Title"`
    pub title: Option<String>,
    /// `amends x`, `of x`
    pub of: Option<Path>,
    /// Its body.
    pub body: Block,
}

/// `kind name "Title" : base { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// `cache`, `mcp.server`, `endpoint`
    pub kind: Path,
    /// Its name.
    pub name: Name,
    /// `"Title"`
    pub title: Option<String>,
    /// `: base`
    pub base: Option<Path>,
    /// Its body.
    pub body: Option<Arc<Block>>,
}

/// `a -> b -> c "label" { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The paths, at least two.
    pub ends: Vec<Path>,
    /// One less than ends: true for `~>`.
    pub asynchronous: Vec<bool>,
    /// Its policies.
    pub body: Option<Block>,
}

/// How many branches must end well.
#[derive(Clone, Debug, PartialEq)]
pub enum Need {
    /// All of them.
    All,
    /// The first.
    First,
    /// So many.
    Quorum(Expr),
}

/// What a request does.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `work d`
    Work(Expr),
    /// `call a.b(args) times n`
    Call {
        /// What is called.
        target: Path,
        /// With what.
        args: Vec<Arg>,
        /// How often.
        times: Option<Expr>,
    },
    /// `publish topic(args)`
    Publish(Path, Vec<Arg>),
    /// `reply`
    Reply(Option<Expr>),
    /// `fail 1%`
    Fail(Option<Expr>),
    /// `parallel quorum 2 each 3 { … }`
    Parallel(Need, Option<Expr>, Block),
    /// `with p { … } else { … }`
    With {
        /// The share.
        share: Expr,
        /// What is done.
        then: Block,
        /// What is done otherwise; another `with` stands alone in it.
        otherwise: Option<Block>,
    },
    /// `lookup cache.get { … }`
    Lookup(Path, Block),
    /// `fill cache.put { … }`, `invalidate cache.put { … }`
    Put {
        /// What is written.
        target: Path,
        /// Which key.
        body: Option<Block>,
        /// `invalidate`
        remove: bool,
    },
    /// `admit { … }`
    Admit(Block),
    /// `loop n { … }`
    Loop(Expr, Block),
    /// `try { … } else { … }`
    Try(Block, Block),
    /// `background { … }`
    Background(Block),
    /// `saga { … } else { … }`
    Saga(Block, Option<Block>),
    /// `step { … } undo { … }`, in a saga.
    Undoable(Block, Option<Block>),
}

/// A whole file.
#[derive(Debug, Default, PartialEq)]
pub struct File {
    /// In order.
    pub statements: Vec<Statement>,
}
