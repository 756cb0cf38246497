//! What stands around a place of a text: the blocks it is in, the statement so far, the word there.
//!
//! Found from tokens alone, because the tree has nothing of what is half written.

use super::document::Document;
use super::tokens::Kind;

/// What a block is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// The file itself.
    File,
    System,
    /// A component or a template of a kind.
    Component {
        kind: String,
    },
    /// An endpoint: properties and steps.
    Endpoint,
    /// Steps alone.
    Steps,
    Edge {
        messages: bool,
    },
    Traffic,
    /// The shares of endpoints of a component.
    Mix {
        target: String,
    },
    /// `limit { … }`: properties of a kind whose names begin with a prefix.
    Group {
        kind: String,
        prefix: String,
    },
    Scenario,
    /// A definition of a kind.
    Kind,
    /// `station { … }` of a definition.
    Section,
    Fault,
    /// One whose properties are in the table of words.
    Words(&'static str),
}

/// A place and what stands around it.
pub(super) struct Place<'d> {
    /// The blocks around, the file first.
    pub(super) blocks: Vec<Block>,
    /// The brace of the innermost block, a row of tokens.
    pub(super) open: Option<usize>,
    /// Brackets around within the statement, rows of tokens.
    pub(super) brackets: Vec<usize>,
    /// The words and marks of the statement before the word.
    pub(super) before: Vec<&'d str>,
    /// Names of the system, the component (or traffic) and the scenario around.
    pub(super) system: Option<&'d str>,
    pub(super) component: Option<&'d str>,
    pub(super) scenario: Option<&'d str>,
    /// The token at the place, if it is more than a mark.
    pub(super) token: Option<usize>,
    /// The place is in a comment or a text in quotes.
    pub(super) quoted: bool,
}

/// A bracket that is open.
struct Frame {
    open: usize,
    /// The first token of the statement it is in.
    first: usize,
    brace: bool,
}

impl<'d> Place<'d> {
    /// What stands around a byte of the mended text.
    pub(super) fn of(document: &'d Document<'_>, at: u32) -> Place<'d> {
        let tokens = &document.tokens;
        let touched =
            tokens.iter().position(|t| t.start <= at && at <= t.end && !matches!(t.kind, Kind::Mark | Kind::Break));
        // Between two that touch, the second counts.
        let touched = touched.map(|row| match tokens.get(row + 1) {
            Some(next) if next.start == at && matches!(next.kind, Kind::Word | Kind::Number) => row + 1,
            _ => row,
        });
        let quoted = touched.is_some_and(|row| {
            let token = tokens[row];
            let closed = token.kind == Kind::Text
                && token.end - token.start > 1
                && document.text[..token.end as usize].ends_with('"');
            matches!(token.kind, Kind::Comment | Kind::Text) && token.start < at && !(closed && token.end == at)
        });
        let end =
            touched.filter(|row| tokens[*row].end >= at).unwrap_or_else(|| tokens.partition_point(|t| t.end <= at));
        let (frames, first) = frames(document, end);
        let mut place = Place {
            blocks: vec![Block::File],
            open: frames.iter().rev().find(|frame| frame.brace).map(|frame| frame.open),
            brackets: frames.iter().rev().take_while(|frame| !frame.brace).map(|frame| frame.open).collect(),
            before: document.words(first, end),
            system: None,
            component: None,
            scenario: None,
            token: touched,
            quoted,
        };
        for frame in frames.iter().filter(|frame| frame.brace) {
            place.enter(&document.words(frame.first, frame.open));
        }
        place
    }

    /// The innermost block.
    pub(super) fn block(&self) -> &Block {
        self.blocks.last().unwrap_or(&Block::File)
    }

    fn enter(&mut self, head: &[&'d str]) {
        let first = head.first().copied().unwrap_or("");
        let block = match self.block() {
            Block::File => self.at_top(first, head),
            Block::System => self.in_system(first, head),
            Block::Component { kind } => in_component(first, kind),
            Block::Kind => match first {
                "endpoint" | "handler" => Block::Endpoint,
                "autoscale" | "leader" => table(first),
                _ => Block::Section,
            },
            Block::Fault => Block::Fault,
            Block::Mix { .. } | Block::Group { .. } | Block::Scenario => Block::Steps,
            Block::Edge { .. } | Block::Traffic if first == "mix" => {
                Block::Mix { target: self.component.unwrap_or("").to_owned() }
            }
            Block::Edge { .. } | Block::Traffic | Block::Section => table(first),
            Block::Endpoint if matches!(first, "budget" | "context") => table(first),
            Block::Words("lookup") if first == "miss" => Block::Steps,
            Block::Endpoint | Block::Steps => match first {
                "fill" | "invalidate" => Block::Words("put"),
                "lookup" | "admit" => table(first),
                _ => Block::Steps,
            },
            Block::Words(_) => table(first),
        };
        self.blocks.push(block);
    }

    fn at_top(&mut self, first: &str, head: &[&'d str]) -> Block {
        let name = head.get(1).copied();
        match first {
            "system" => {
                self.system = name;
                Block::System
            }
            "scenario" => {
                self.scenario = name;
                Block::Scenario
            }
            "template" => Block::Component { kind: behind(head, ":").unwrap_or_default() },
            "kind" => Block::Kind,
            "fault" => Block::Fault,
            "let" => table(head.last().copied().unwrap_or("")),
            _ => Block::Steps,
        }
    }

    fn in_system(&mut self, first: &str, head: &[&'d str]) -> Block {
        if first == "traffic" {
            let target = head.iter().position(|word| *word == "->").and_then(|arrow| head.get(arrow + 1));
            self.component = target.copied();
            return Block::Traffic;
        }
        if head.contains(&"->") || head.contains(&"~>") {
            return Block::Edge { messages: head.contains(&"~>") };
        }
        let (kind, next) = path(head, 0);
        self.component = head.get(next).copied();
        if kind == "slo" {
            return Block::Words("slo");
        }
        Block::Component { kind: behind(head, ":").unwrap_or(kind) }
    }
}

fn in_component(first: &str, kind: &str) -> Block {
    match first {
        "endpoint" | "handler" => Block::Endpoint,
        "autoscale" | "leader" => table(first),
        prefix => Block::Group { kind: kind.to_owned(), prefix: prefix.to_owned() },
    }
}

/// The block of the table with a name; one without properties if it has none.
fn table(name: &str) -> Block {
    let found = super::words::BLOCKS.iter().find(|(known, _)| *known == name);
    Block::Words(found.map_or("", |(known, _)| known))
}

/// A dotted name from a row on, and the row behind it.
pub(super) fn path(words: &[&str], from: usize) -> (String, usize) {
    let (mut name, mut next) = (words.get(from).copied().unwrap_or("").to_owned(), from + 1);
    while words.get(next) == Some(&".") {
        name.push('.');
        name.push_str(words.get(next + 1).copied().unwrap_or(""));
        next += 2;
    }
    (name, next)
}

fn behind(words: &[&str], mark: &str) -> Option<String> {
    let at = words.iter().position(|word| *word == mark)?;
    Some(path(words, at + 1).0)
}

/// Brackets open before a token, and where its statement begins.
fn frames(document: &Document<'_>, end: usize) -> (Vec<Frame>, usize) {
    let (tokens, text) = (&document.tokens, document.text.as_str());
    let (mut frames, mut first): (Vec<Frame>, usize) = (Vec::new(), 0);
    for (row, token) in tokens.iter().enumerate().take(end) {
        let within = frames.last().is_some_and(|frame| !frame.brace);
        match token.text(text) {
            "\n" => {
                if within && !document.closes_bracket(row) {
                    frames.truncate(frames.iter().rposition(|frame| frame.brace).map_or(0, |brace| brace + 1));
                }
                if frames.last().is_none_or(|frame| frame.brace) {
                    first = row + 1;
                }
            }
            _ if token.kind != Kind::Mark => {}
            "{" => {
                frames.push(Frame { open: row, first, brace: true });
                first = row + 1;
            }
            "(" | "[" => frames.push(Frame { open: row, first, brace: false }),
            ")" | "]" if within => _ = frames.pop(),
            "}" => {
                while frames.last().is_some_and(|frame| !frame.brace) {
                    frames.pop();
                }
                first = frames.pop().map_or(row + 1, |frame| frame.first);
            }
            ";" | "," if !within => first = row + 1,
            _ => {}
        }
    }
    (frames, first)
}

impl Document<'_> {
    /// Words, numbers, texts and marks between two rows.
    pub(super) fn words(&self, from: usize, to: usize) -> Vec<&str> {
        let rows = self.tokens.get(from..to).unwrap_or(&[]).iter();
        rows.filter(|t| !matches!(t.kind, Kind::Comment | Kind::Break)).map(|t| t.text(&self.text)).collect()
    }

    /// Whether a bracket that is open at a row is closed further on, before a block begins or ends.
    fn closes_bracket(&self, row: usize) -> bool {
        let mut marks = self.tokens[row..].iter().filter(|t| t.kind == Kind::Mark).map(|t| t.text(&self.text));
        matches!(marks.find(|mark| matches!(*mark, "{" | "}" | ")" | "]" | "(" | "[")), Some(")" | "]" | "(" | "["))
    }

    /// First words of the statements of a block, by the row of its brace; `None`: of the file.
    pub(super) fn heads(&self, open: Option<usize>) -> Vec<usize> {
        let (mut depth, mut begins, mut found) = (0, true, Vec::new());
        let from = open.map_or(0, |open| open + 1);
        for (row, token) in self.tokens.iter().enumerate().skip(from) {
            match token.text(&self.text) {
                "\n" => begins |= depth == 0,
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" if depth == 0 => break,
                "}" | ")" | "]" => depth -= 1,
                ";" | "," if depth == 0 => begins = true,
                _ if begins && token.kind != Kind::Comment => {
                    found.push(row);
                    begins = false;
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::program::NoFiles;

    /// The innermost block and the statement so far at `|`.
    fn at(text: &str) -> (Block, Vec<String>) {
        let caret = text.find('|').unwrap();
        let source = text.replace('|', "");
        let document = Document::new("x", &source, &NoFiles);
        let place = Place::of(&document, document.inner(caret as u32));
        (place.block().clone(), place.before.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn blocks_are_known_by_their_heads() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(at("sys|"), (Block::File, vec![]));
        assert_eq!(at("system s { a -> |b { } }"), (Block::System, words(&["a", "->"])));
        assert_eq!(at("system s { a ~> b { re| } }").0, Block::Edge { messages: true });
        assert_eq!(
            at("system s { cache c { ttl = 5|s, x } }"),
            (Block::Component { kind: "cache".into() }, words(&["ttl", "="]))
        );
        assert_eq!(at("system s { mcp.server c { | } }").0, Block::Component { kind: "mcp.server".into() });
        assert_eq!(
            at("system s { llm c { price { i| } } }").0,
            Block::Group { kind: "llm".into(), prefix: "price".into() }
        );
        assert_eq!(
            at("system s { service c { endpoint e { with 5% { a } else { call | } } } }"),
            (Block::Steps, words(&["call"]))
        );
        assert_eq!(at("system s { service c { endpoint e { lookup r.get { k| } } } }").0, Block::Words("lookup"));
        assert_eq!(at("system s { traffic t -> web { mix { | } } }").0, Block::Mix { target: "web".into() });
        assert_eq!(at("let r = retry { max = | }").0, Block::Words("retry"));
        assert_eq!(at("scenario x of s {\n at 5s inject |\n}").1, words(&["at", "5s", "inject"]));
    }

    #[test]
    fn what_is_not_closed_costs_its_line() {
        assert_eq!(at("system s {\n service a {\n  endpoint e { work exp(2ms\n  | \n }\n}").1, Vec::<String>::new());
        assert_eq!(
            at("system s {\n service a {\n  replicas = 3\n  |\n service b { }\n}").0,
            Block::Component { kind: "service".into() }
        );
    }
}
