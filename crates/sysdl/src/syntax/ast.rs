//! What was written, as a tree.
//!
//! Owned, typed, and nothing is decided here: names are not looked up, units have no meaning yet,
//! `true`, `off` and `redis` are all just words. Every node knows its span. A statement that could
//! not be understood is a [`StmtKind::Bad`], so the rest of the file is still here.
//!
//! A file is a list of statements and so is every block. Which statements make sense where
//! (`work` in an endpoint, `expect` in a scenario) is for the resolver to say, since it can say it
//! in the user's own words.

use super::span::{FileId, Span};

/// One parsed file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// Which file this is.
    pub file: FileId,
    /// The statements, the `sysdl 1` header among them, in the order of the text.
    pub stmts: Vec<Stmt>,
    /// Every `//` and `/* */` comment, in the order of the text. `///` docs are on their statement.
    pub comments: Vec<Comment>,
}

impl File {
    /// The `sysdl 1` line, if the file has one.
    pub fn header(&self) -> Option<&Header> {
        self.stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Header(header) => Some(header),
            _ => None,
        })
    }
}

/// A comment that is not documentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// The text, its `//` or `/* */` included.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// One `///` line.
#[derive(Clone, Debug, PartialEq)]
pub struct Doc {
    /// The text after `///`, without the one space that usually follows.
    pub text: String,
    /// Where it stands, slashes included.
    pub span: Span,
}

/// A name as written. `p99.9` is one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    /// The letters.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A quoted string.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The string with its escapes resolved.
    pub value: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// `a.b[0].c`
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// At least one.
    pub segments: Vec<Segment>,
    /// From the first name to the end of the last selector.
    pub span: Span,
}

impl Path {
    /// The path as one name, if it is one: no dots, no selectors.
    pub fn as_ident(&self) -> Option<&Ident> {
        match self.segments.as_slice() {
            [only] if only.selectors.is_empty() => Some(&only.name),
            _ => None,
        }
    }

    /// True if the path is exactly this one word.
    pub fn is(&self, word: &str) -> bool {
        self.as_ident().is_some_and(|ident| ident.text == word)
    }

    /// The names joined by dots, selectors left out: `a.b.c`.
    pub fn dotted(&self) -> String {
        let names: Vec<&str> = self.segments.iter().map(|s| s.name.text.as_str()).collect();
        names.join(".")
    }
}

/// One step of a path: a name and what is picked out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The name.
    pub name: Ident,
    /// The `[…]` after it, usually none.
    pub selectors: Vec<Selector>,
}

/// What stands between the brackets of `x[…]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// Which replicas are meant.
    pub kind: SelectorKind,
    /// Where it stands, brackets included.
    pub span: Span,
}

/// The ways to pick replicas.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectorKind {
    /// `x[*]`
    All,
    /// `x[az=a]`
    Label {
        /// The label's name.
        key: Ident,
        /// What it has to be.
        value: Ident,
    },
    /// `x[0]`, `x[0..1]`, `x[25%]`
    Index(Expr),
}

/// `{ … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The statements inside.
    pub stmts: Vec<Stmt>,
    /// Where it stands, braces included.
    pub span: Span,
}

impl Block {
    /// The sections of this name, in order: `miss { … }`, `retry { … }`.
    pub fn sections<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Section> {
        self.stmts.iter().filter_map(move |stmt| match &stmt.kind {
            StmtKind::Section(section) if section.name.text == name => Some(section),
            _ => None,
        })
    }

    /// The plain `name = value` statements, in order.
    pub fn assigns(&self) -> impl Iterator<Item = &Assign> {
        self.stmts.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Assign(assign) => Some(assign),
            _ => None,
        })
    }
}

/// A statement with the documentation above it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// The `///` lines directly above.
    pub docs: Vec<Doc>,
    /// What it says.
    pub kind: StmtKind,
    /// From its first word to its last token, without docs.
    pub span: Span,
}

/// Everything a statement can be.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `sysdl 1`
    Header(Header),
    /// `import "x" as y`
    Import(Import),
    /// `param peak: rate = 4krps in [2krps, 4krps]`
    Param(Field),
    /// `let event = 1.2KiB`
    Let(Let),
    /// `template web_service : service { … }`
    Template(KindDef),
    /// `kind cache "Cache" { … }`
    Kind(KindDef),
    /// `fault latency(add: duration) on link { … }`
    Fault(FaultDef),
    /// `system shop "Web shop" { … }`
    System(System),
    /// `scenario steady of shop { … }`
    Scenario(Scenario),
    /// `traffic shoppers -> edge { … }`
    Traffic(Traffic),
    /// `slo checkout { … }`
    Slo(Slo),
    /// `endpoint get { … }` or `handler on_event { … }`
    Endpoint(Endpoint),
    /// `cache redis { … }`, `broker brokers : kafka.cluster { … }`
    Component(Component),
    /// `retry { … }`, `golden { … }`, `mix { … }`, `station { … }`, `miss { … }`
    Section(Section),
    /// `catalog -> redis { … }`
    Edge(Edge),
    /// `ttl: duration? = 5min`
    Field(Field),
    /// `replicas = 3`, `link.delay += add`
    Assign(Assign),
    /// `clear store`
    Clear(Clear),
    /// `phase storm = 60s..80s`
    Phase(Phase),
    /// `at 60s inject flush on redis`
    Timed(Timed),
    /// `set catalog.get.lookup.coalesce = on`, from the start of the scenario
    Set(Set),
    /// `expect …` or `warn …`
    Expect(Expect),
    /// `work exp(1ms)`, `call orders.place`, …
    Step(Step),
    /// Something else; already reported.
    Bad(Bad),
}

/// `sysdl 1`
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The edition.
    pub edition: Number,
}

/// `import "std/aws.sysdl" as aws` or `import "./policies.sysdl" { a, b as c }`
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The quoted path.
    pub path: Text,
    /// `as aws`
    pub alias: Option<Ident>,
    /// `{ a, b as c }`
    pub names: Vec<ImportName>,
}

/// One name of an import list.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportName {
    /// The name in the other file.
    pub name: Ident,
    /// Its name here, if another.
    pub alias: Option<Ident>,
}

/// `name: type? = default in [values]`: a property of a kind, a parameter of a fault, or a `param`.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Type,
    /// The value if none is given.
    pub default: Option<Expr>,
    /// `in [ … ]`: the values it may have. Always an [`ExprKind::List`].
    pub choices: Option<Expr>,
}

/// `duration`, `one_of(a, b)`, `duration?`
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// Its name.
    pub name: Path,
    /// What stands in parentheses, usually nothing.
    pub args: Vec<Arg>,
    /// True with a `?`: the value may be absent.
    pub optional: bool,
    /// Where it stands, the `?` included.
    pub span: Span,
}

/// `let event = 1.2KiB`
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// The name.
    pub name: Ident,
    /// What it stands for.
    pub value: Expr,
}

/// A `kind` or a `template`.
#[derive(Clone, Debug, PartialEq)]
pub struct KindDef {
    /// The new kind; dots are part of the name (`mcp.server`).
    pub name: Path,
    /// What people call it.
    pub title: Option<Text>,
    /// The kind it starts from. A template always has one.
    pub base: Option<Path>,
    /// Properties, sections and endpoints.
    pub body: Block,
}

/// `fault latency(add: duration, jitter: duration = 0s) on link { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct FaultDef {
    /// The fault's name.
    pub name: Path,
    /// What `inject` may pass.
    pub params: Vec<Field>,
    /// What it acts on: `link`, `component`, `replica`, a kind.
    pub target: Path,
    /// Its effects.
    pub body: Block,
}

/// `system shop "Web shop" amends base { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    /// The system's name.
    pub name: Ident,
    /// What people call it.
    pub title: Option<Text>,
    /// The system it is a variant of.
    pub amends: Option<Path>,
    /// Its components, edges and traffic.
    pub body: Block,
}

/// `scenario cache_stampede "Redis restarts cold" of shop { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The scenario's name.
    pub name: Ident,
    /// What people call it.
    pub title: Option<Text>,
    /// The system it plays in.
    pub of: Option<Path>,
    /// Phases, timeline and expectations.
    pub body: Block,
}

/// `traffic shoppers -> edge.browse { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// Who is calling.
    pub name: Ident,
    /// What people call them.
    pub title: Option<Text>,
    /// The component or endpoint they call.
    pub target: Path,
    /// How they arrive.
    pub body: Block,
}

/// `slo checkout { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    /// The objective's name.
    pub name: Ident,
    /// What people call it.
    pub title: Option<Text>,
    /// `objective`, `good`, `window`.
    pub body: Block,
}

/// `endpoint browse "GET /p/{id}" { … }` or `handler on_event { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Whether it answers calls or takes messages.
    pub role: EndpointRole,
    /// Its name.
    pub name: Ident,
    /// What people call it.
    pub title: Option<Text>,
    /// Its steps and properties.
    pub body: Block,
}

/// Answers calls, or takes what was handed off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointRole {
    /// `endpoint`
    Endpoint,
    /// `handler`
    Handler,
}

/// `kind name "Title" : base { … }`; the base or the body may be missing, not both.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// What it is.
    pub kind: Path,
    /// Its name.
    pub name: Ident,
    /// What people call it.
    pub title: Option<Text>,
    /// `: kafka.cluster`, a more specific kind.
    pub base: Option<Path>,
    /// Its properties and endpoints.
    pub body: Option<Block>,
}

/// A named block that is not a declaration: `retry { max = 2 }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Which section.
    pub name: Ident,
    /// A title, seldom given.
    pub title: Option<Text>,
    /// What is in it.
    pub body: Block,
}

/// `a -> b { … }`; a chain `a -> b -> c` has several hops that share one policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Where it starts.
    pub from: Path,
    /// Where it goes, one hop after the other; at least one.
    pub hops: Vec<Hop>,
    /// A title.
    pub title: Option<Text>,
    /// The policy.
    pub body: Option<Block>,
}

/// One arrow and what it points to.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// Which arrow.
    pub arrow: Arrow,
    /// Where the arrow itself stands.
    pub arrow_span: Span,
    /// What it points to.
    pub to: Path,
}

/// How one component hands work to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrow {
    /// `->`: waits for the answer.
    Call,
    /// `~>`: hands off and goes on.
    HandOff,
}

/// `path = value`, or in a fault `path += value` and the like.
#[derive(Clone, Debug, PartialEq)]
pub struct Assign {
    /// What is set.
    pub path: Path,
    /// How.
    pub op: AssignOp,
    /// Where the operator stands.
    pub op_span: Span,
    /// To what.
    pub value: Expr,
}

/// The operators of an assignment. Only `=` makes sense outside a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignOp {
    /// `=`
    Set,
    /// `+=`
    Add,
    /// `*=`
    Multiply,
    /// `|=`: either cause is enough; for shares, independent chances combine.
    Or,
    /// `min=`: the lower one counts.
    Min,
    /// `max=`: the higher one counts.
    Max,
}

/// `clear store`
#[derive(Clone, Debug, PartialEq)]
pub struct Clear {
    /// What is emptied.
    pub path: Path,
}

/// `phase storm = 60s..80s`
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Its name.
    pub name: Ident,
    /// When; normally an [`ExprKind::Range`].
    pub range: Expr,
}

/// A line of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// When it happens.
    pub trigger: Trigger,
    /// What happens.
    pub action: Action,
}

/// When something of the timeline happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// `at 60s`
    At(Expr),
    /// `every 60s from 12min to 15min`
    Every {
        /// The time between two.
        period: Expr,
        /// The first.
        from: Option<Expr>,
        /// None after this.
        to: Option<Expr>,
    },
    /// `when queue(orders) > 100 for 5s`
    When {
        /// What has to hold.
        condition: Expr,
        /// For how long.
        hold: Option<Expr>,
    },
    /// `random(mtbf = 1h, mttr = 5min)`
    Random(Vec<Arg>),
}

/// What the timeline does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `inject flush on redis for 20s as storm`
    Inject(Inject),
    /// `set agent.replicas = 10 for 5min`
    Set(Set),
    /// `mark deploy`
    Mark(Ident),
}

/// `inject NAME(args) on TARGET for D ramp D as name`
#[derive(Clone, Debug, PartialEq)]
pub struct Inject {
    /// The fault.
    pub fault: Path,
    /// What it is told.
    pub args: Vec<Arg>,
    /// Where it strikes.
    pub target: Option<Target>,
    /// `for 20s`
    pub duration: Option<Expr>,
    /// `ramp 5s`
    pub ramp: Option<Expr>,
    /// `as storm`
    pub name: Option<Ident>,
}

/// `redis`, `catalog[0..1]`, `catalog -> redis`
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// A component, or where an edge starts.
    pub from: Path,
    /// The rest of an edge.
    pub hop: Option<Hop>,
    /// Where it stands.
    pub span: Span,
}

/// `set path = value for D as name`
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    /// What is set.
    pub path: Path,
    /// To what.
    pub value: Expr,
    /// `for 5min`; without it, until the end.
    pub duration: Option<Expr>,
    /// `as scaled`
    pub name: Option<Ident>,
}

/// `expect fail "why" always error_rate < 1% during storm`
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// What a false condition means.
    pub verdict: Verdict,
    /// `"why"`
    pub label: Option<Text>,
    /// `always`, `eventually` or `never`.
    pub quantifier: Option<Quantifier>,
    /// What is expected.
    pub condition: Expr,
    /// Over which time, in the order written.
    pub windows: Vec<Window>,
}

/// What a false condition means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `expect`: the test fails.
    Expect,
    /// `expect fail`: that is what was expected.
    ExpectFail,
    /// `warn`: it is reported.
    Warn,
}

/// Over the windows of the time looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// In every window.
    Always,
    /// In at least one.
    Eventually,
    /// In none.
    Never,
}

/// Over which time an expectation looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Which time.
    pub kind: WindowKind,
    /// From its first word.
    pub span: Span,
}

/// The ways to name a stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowKind {
    /// `during storm`, `during 30s..60s`
    During(Expr),
    /// `within 10s after cold_cache`
    Within {
        /// The longest wait.
        limit: Expr,
        /// The event it counts from.
        after: Path,
    },
    /// `after cold_cache`
    After(Path),
    /// `for 1min`: held that long.
    For(Expr),
    /// `over 1min`: measured over windows this wide.
    Over(Expr),
}

/// What an endpoint does, one step after the other.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `work exp(1ms)`
    Work(Expr),
    /// `call catalog.get times 3 { … }`
    Call(Call),
    /// `publish events(size = event)`
    Publish(Call),
    /// `reply`, `reply size(2KiB)`
    Reply(Option<Expr>),
    /// `fail`, `fail 0.1%`
    Fail(Option<Expr>),
    /// `parallel quorum 2 { … }`
    Parallel(Parallel),
    /// `with 60% { … } else { … }`
    With(With),
    /// `lookup redis.get { … miss { … } }`; `miss` is a section of the body.
    Lookup(Lookup),
    /// `loop geometric(mean = 4) { … }`
    Loop(Loop),
}

/// A `call` or a `publish`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Whom.
    pub target: Path,
    /// With what.
    pub args: Vec<Arg>,
    /// `times 3`
    pub times: Option<Expr>,
    /// A policy for this call alone.
    pub body: Option<Block>,
}

/// `parallel { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Parallel {
    /// How many have to answer.
    pub need: Need,
    /// The branches: each statement is one.
    pub body: Block,
}

/// How many branches of a `parallel` have to answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Need {
    /// `parallel { … }`
    All,
    /// `parallel first { … }`
    First,
    /// `parallel quorum 2 { … }`
    Quorum(Expr),
}

/// `with 60% { … } else with 30% { … } else { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct With {
    /// The arms in order; at least one. Only one of them happens.
    pub arms: Vec<Arm>,
    /// The last `else`.
    pub otherwise: Option<Block>,
}

/// One `with` of a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// How likely; a share of all requests, not of the rest.
    pub share: Expr,
    /// What happens then.
    pub body: Block,
}

/// `lookup redis.get { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// Where to look.
    pub target: Path,
    /// With what.
    pub args: Vec<Arg>,
    /// Key, hit ratio, `miss { … }`.
    pub body: Block,
}

/// `loop 3 { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    /// How often; a number or a distribution.
    pub count: Expr,
    /// What is repeated.
    pub body: Block,
}

/// A stretch that was not understood. The parser has reported it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bad {
    /// Every word in it, so that a name declared here is not reported as unknown elsewhere.
    pub words: Vec<Ident>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Where it stands, its own parentheses included.
    pub span: Span,
}

/// Everything an expression can be.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `5ms`, `98%`, `$0.09/GB`, `3`
    Quantity(Quantity),
    /// `"enrich"`
    Text(Text),
    /// `aws.alb`, `off`, `true`, `none`: words have no meaning yet.
    Path(Path),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `exp(50ms, cap = 1s)`
    Call {
        /// The function.
        callee: Path,
        /// What it is given.
        args: Vec<Arg>,
    },
    /// `agent -> crm`, an edge as a value.
    Edge {
        /// Where it starts.
        from: Path,
        /// The rest.
        hop: Hop,
    },
    /// `30s..60s`
    Range {
        /// The start.
        start: Box<Expr>,
        /// The end.
        end: Box<Expr>,
    },
    /// `+80ms`, `-1`
    Unary {
        /// The sign.
        op: UnaryOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `a + b`, `a < b`, `a and b`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
}

/// An argument: positional, or `name = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// The name, if given.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
    /// From the name or the value to the end of the value.
    pub span: Span,
}

/// A number and the unit glued to it. What the unit means, and whether there is such a unit, is
/// not known here.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// True for `$…`.
    pub dollars: bool,
    /// The number.
    pub number: Number,
    /// `ms`, `%`, `/s`, `k/s`, `x`
    pub unit: Option<Ident>,
    /// All of it.
    pub span: Span,
}

/// A number as written and as the nearest `f64`.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// As written: `1_000`, `99.98`.
    pub text: String,
    /// Its value; finite.
    pub value: f64,
    /// Where it stands, without the unit.
    pub span: Span,
}

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `+`: worth keeping, since `latency(+80ms)` reads as an increase.
    Plus,
    /// `-`
    Minus,
}

/// An operator between two expressions, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl BinaryOp {
    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessOrEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterOrEqual => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
        }
    }
}

impl AssignOp {
    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            AssignOp::Set => "=",
            AssignOp::Add => "+=",
            AssignOp::Multiply => "*=",
            AssignOp::Or => "|=",
            AssignOp::Min => "min=",
            AssignOp::Max => "max=",
        }
    }
}

impl Arrow {
    /// The arrow as written.
    pub fn symbol(self) -> &'static str {
        match self {
            Arrow::Call => "->",
            Arrow::HandOff => "~>",
        }
    }
}
