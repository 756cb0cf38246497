//! The grammar as it is written down, `grammar/sysdl.pest`, run by a generated parser: what the reader of this crate is
//! held to. Tests only.
//!
//! Every text there is, and many random changes of each, are read by both: the trees must be equal with all their places,
//! and so must be what is said of each statement that cannot be read.

mod build;
mod children;
mod expressions;

use super::ast::{File, Node, Statement};
use super::explain::Form;
use super::reader::{Furthest, Reader};
use super::span::FileId;
use super::{explain, limits};
use crate::diagnostic::{Diagnostic, sort};
use build::Builder;
use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest_derive::Parser;
use std::path::{Path, PathBuf};

/// The parser that the grammar generates.
#[derive(Parser)]
#[grammar = "../../grammar/sysdl.pest"]
pub(super) struct Grammar;

/// What the grammar makes of a text, and what is wrong with it; nothing if it cannot go on.
fn by_grammar(text: &str) -> Option<(File, Vec<Diagnostic>)> {
    let mut builder = Builder::new(text, FileId(0));
    let tree = Grammar::parse(Rule::file, text).ok()?.next().map(|pair| builder.file(pair))?;
    sort(&mut builder.diagnostics);
    Some((tree, builder.diagnostics))
}

fn by_reader(text: &str) -> Option<(File, Vec<Diagnostic>)> {
    let mut reader = Reader::new(text, FileId(0));
    let tree = reader.file().ok()?;
    sort(&mut reader.diagnostics);
    Some((tree, reader.diagnostics))
}

/// The rule that a bad statement is read by once more.
fn entry(form: Form) -> Rule {
    match form {
        Form::Header => Rule::one_header,
        Form::Assign => Rule::one_assign,
        Form::Declare => Rule::one_declare,
        Form::Edge => Rule::one_edge,
        Form::Item => Rule::one_decl,
        Form::Section => Rule::one_section,
        Form::Step => Rule::one_step,
        Form::Part => Rule::one_part,
        Form::Timed => Rule::one_timed,
        Form::Set => Rule::one_set,
        Form::Other("import") => Rule::one_import,
        Form::Other("param") => Rule::one_param,
        Form::Other("let") => Rule::one_let,
        Form::Other("kind") => Rule::one_kind,
        Form::Other("template") => Rule::one_template,
        Form::Other("fault") => Rule::one_fault,
        Form::Other("system") => Rule::one_system,
        Form::Other("scenario") => Rule::one_scenario,
        Form::Other("traffic") => Rule::one_traffic,
        Form::Other("phase") => Rule::one_phase,
        Form::Other(_) => Rule::one_expect,
    }
}

/// Where a slice fails to be what it seems to be, and what could have stood there.
fn failures(slice: &str, form: Form) -> [Option<(usize, String)>; 2] {
    let told = |error: Error<Rule>| {
        let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
        let ErrorVariant::ParsingError { positives, .. } = error.variant else { panic!("{error}") };
        (at, expectation(&positives))
    };
    let read = |failed: Furthest| (failed.at, failed.words());
    [Grammar::parse(entry(form), slice).err().map(told), Reader::explain(slice, form).map(read)]
}

/// What a list of rules means to someone who writes.
fn expectation(rules: &[Rule]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for rule in rules {
        let word = match rule {
            Rule::eq | Rule::assign_op => "`=`",
            Rule::colon => "`:`",
            Rule::lb | Rule::block => "`{`",
            Rule::rb => "`}`",
            Rule::lp | Rule::args | Rule::fault_params => "`(`",
            Rule::rp => "`)`",
            Rule::list | Rule::lbracket => "`[`",
            Rule::rbracket => "`]`",
            Rule::comma => "`,`",
            Rule::arrow | Rule::sync => "`->`",
            Rule::ident | Rule::path | Rule::segment | Rule::name_as | Rule::r#type => "a name",
            Rule::string => "a text in quotes",
            Rule::number | Rule::quantity => "a number",
            Rule::expr | Rule::unary | Rule::sign | Rule::invoke | Rule::money => "a value",
            Rule::kw_inject | Rule::inject => "`inject`",
            Rule::kw_on | Rule::on => "`on`",
            Rule::kw_of => "`of`",
            Rule::kw_for | Rule::lasting => "`for`",
            Rule::kw_zone | Rule::all_in_zone => "`zone`",
            Rule::EOI => "the end of the statement",
            _ => continue,
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    // Where a value can stand, a number, a name and a bracket can: one word for all.
    if words.contains(&"a value") {
        words.retain(|w| !matches!(*w, "a number" | "a name" | "`[`" | "a text in quotes" | "`(`"));
    }
    if words.len() > 1 {
        words.retain(|w| *w != "the end of the statement");
    }
    if words.len() > 1 && words.contains(&"`inject`") {
        return "a time, then `inject`".to_owned();
    }
    match words.as_slice() {
        [] => "something else".to_owned(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// Every text of the language in this repository.
fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in ["blueprints", "crates/sysdl/std", "tests"] {
        gather(&root.join(folder), &mut paths);
    }
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            gather(&path, paths);
        } else if path.extension().is_some_and(|ending| ending == "sysdl") {
            paths.push(path);
        }
    }
}

/// Bad statements, wherever they are.
fn bad(statements: &[Statement], found: &mut Vec<(usize, usize)>) {
    for statement in statements {
        let body = match &statement.node {
            Node::Bad => {
                found.push((statement.span.start as usize, statement.span.end as usize));
                continue;
            }
            Node::System(section) | Node::Scenario(section) | Node::Section(section) => &section.body,
            Node::Kind(kind) => &kind.body,
            Node::Fault { body, .. } | Node::Traffic { body, .. } | Node::LetBlock(_, _, body) => body,
            Node::Item(item) => match &item.body {
                Some(body) => body,
                None => continue,
            },
            _ => continue,
        };
        bad(&body.statements, found);
    }
}

const FORMS: [Form; 21] = [
    Form::Header,
    Form::Assign,
    Form::Declare,
    Form::Edge,
    Form::Item,
    Form::Section,
    Form::Step,
    Form::Part,
    Form::Timed,
    Form::Set,
    Form::Other("import"),
    Form::Other("param"),
    Form::Other("let"),
    Form::Other("kind"),
    Form::Other("template"),
    Form::Other("fault"),
    Form::Other("system"),
    Form::Other("scenario"),
    Form::Other("traffic"),
    Form::Other("phase"),
    Form::Other("expect"),
];

/// Reads a text by both, and bad statements of it as everything that they could be.
fn compare(text: &str) {
    // What is refused before it is read needs no second opinion; and the grammar takes exponential time for some of it.
    if limits::text(text.as_bytes(), FileId(0)).is_err() || explain::braces(text, FileId(0)).is_some() {
        return;
    }
    let (grammar, reader) = (by_grammar(text), by_reader(text));
    if grammar != reader {
        let (grammar, reader) = (format!("{grammar:?}"), format!("{reader:?}"));
        let same = grammar.bytes().zip(reader.bytes()).take_while(|(a, b)| a == b).count();
        let from = |made: &str| made.chars().skip(same.saturating_sub(100)).take(300).collect::<String>();
        panic!("of {text:?}\nthe grammar makes …{}…\nand the reader …{}…", from(&grammar), from(&reader));
    }
    let mut spans = Vec::new();
    reader.iter().for_each(|(file, _)| bad(&file.statements, &mut spans));
    for (start, end) in spans.into_iter().take(8) {
        let slice = text[start..end].trim_end();
        // A brace in a comment can leave another open; then the grammar looks for a text in quotes where nothing is.
        if explain::braces(slice, FileId(0)).is_some() {
            continue;
        }
        for form in FORMS {
            let [grammar, reader] = failures(slice, form);
            assert_eq!(grammar, reader, "of {slice:?} as {form:?}");
        }
    }
}

/// A generator of numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// What is put in somewhere.
const PIECES: [&str; 64] = [
    " ",
    "\n",
    ";",
    ",",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "=",
    "==",
    "+=",
    "->",
    "~>",
    "- >",
    ":",
    ".",
    "..",
    "\"",
    "\\",
    "//",
    "/// d\n",
    "/* c */",
    "/*",
    "\r\n",
    "5ms",
    "p99.9",
    "$1.5/GB",
    "1_000",
    "-",
    "*",
    "%",
    "and",
    "or",
    "é",
    "µs",
    "a.b[0]",
    "[zone 1]",
    "[az=a]",
    "[*]",
    "(x = 1)",
    "at 5s ",
    "inject ",
    " on ",
    " for 5s",
    " then ",
    "when ",
    "random(",
    "with 5% { ",
    " else ",
    "try { ",
    "during ",
    "expect ",
    "fail ",
    "within ",
    "of ",
    "import ",
    "let ",
    "param ",
    "kind ",
    "fault ",
    "set ",
    "sysdl 1",
];

/// A text with some words cut out, doubled, swapped, or put in.
fn changed(text: &str, dice: &mut Dice) -> String {
    let mut text = text.to_owned();
    for _ in 0..=dice.below(3) {
        let mut at = dice.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let rest = &text[at..];
        let piece: String = rest.chars().take(dice.below(12)).collect();
        let end = at + piece.len();
        match dice.below(4) {
            0 => text.replace_range(at..end, ""),
            1 => text.insert_str(at, &piece),
            2 => text.replace_range(at..end, PIECES[dice.below(PIECES.len())]),
            _ => text.insert_str(at, PIECES[dice.below(PIECES.len())]),
        }
    }
    text
}

/// Some lines of a text: as much as one change can matter to.
fn excerpt(text: &str, dice: &mut Dice) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let from = dice.below(lines.len());
    lines[from..].iter().take(1 + dice.below(12)).copied().collect()
}

#[test]
fn the_reader_reads_what_the_grammar_says() {
    for text in texts() {
        compare(&text);
    }
}

#[test]
fn the_reader_says_of_random_texts_what_the_grammar_says() {
    let mut dice = Dice(1);
    let rounds = std::env::var("SYSDL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20);
    for text in texts() {
        for _ in 0..rounds {
            let part = excerpt(&text, &mut dice);
            compare(&changed(&part, &mut dice));
        }
    }
}

#[test]
fn what_takes_the_grammar_for_ever_is_read_at_once() {
    let braces = format!("a b /* {} */\n", "{".repeat(5000));
    let swallowed = "a {\nfoo /* { */\n}\n".repeat(2000);
    let tries = format!("system a {{\n{}{}\n}}\n", "try {\n".repeat(60), "}\n".repeat(60));
    let nested = format!("a = // \r{}\n", "(".repeat(5000));
    for text in [braces, swallowed, tries, nested] {
        _ = super::parse(text.as_bytes(), FileId(0));
    }
}
