//! Text → tokens, comments and line breaks among them.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a number with its unit, a text in quotes.
    Word,
    /// Punctuation.
    Other,
    /// `// …`, `/// …` or `/* … */`
    Comment,
    /// The end of a line.
    Break,
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// White space stands before it.
    pub(super) spaced: bool,
    /// White space stands behind it.
    pub(super) spaced_after: bool,
}

/// Punctuation of more than one character, longest first.
const LONG: [&str; 11] = ["->", "~>", "..", "<=", ">=", "==", "!=", "+=", "*=", "|=", "/="];

/// The tokens of a text that parses.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut rest = text;
    let mut spaced = true;
    while let Some(first) = rest.chars().next() {
        if first == '\n' {
            found.push(Token { kind: Kind::Break, text: "\n", spaced, spaced_after: true });
            rest = &rest[1..];
            spaced = true;
            continue;
        }
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
            spaced = true;
            continue;
        }
        let (kind, len) = token(rest, first);
        let text = rest[..len].trim_end();
        found.push(Token { kind, text, spaced, spaced_after: false });
        rest = &rest[len..];
        spaced = false;
    }
    for i in 1..found.len() {
        let gap = found[i].spaced;
        found[i - 1].spaced_after |= gap;
    }
    found
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    if first == '"' {
        return (Kind::Word, string_len(rest));
    }
    if first == '$' || first.is_ascii_digit() {
        return (Kind::Word, quantity_len(rest));
    }
    if first.is_alphabetic() || first == '_' {
        return (Kind::Word, word_len(rest));
    }
    if let Some(long) = LONG.iter().find(|long| rest.starts_with(**long)) {
        return (Kind::Other, long.len());
    }
    (Kind::Other, first.len_utf8())
}

fn string_len(rest: &str) -> usize {
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return i + 1,
            '\n' => return i,
            _ => {}
        }
    }
    rest.len()
}

/// `$0.096/h`, `1_000`, `99.9%`, `120k/s`; not the `..` of a range.
fn quantity_len(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut i = usize::from(bytes[0] == b'$');
    let digits = |mut i: usize| {
        while i < bytes.len() && (bytes[i].is_ascii_digit() || bytes[i] == b'_') {
            i += 1;
        }
        i
    };
    i = digits(i);
    if bytes.get(i) == Some(&b'.') && bytes.get(i + 1).is_some_and(u8::is_ascii_digit) {
        i = digits(i + 1);
    }
    if bytes.get(i) == Some(&b'%') {
        return i + 1;
    }
    let letters = |i: usize| {
        i + rest[i..].chars().take_while(|c| c.is_alphabetic() || *c == 'µ').map(char::len_utf8).sum::<usize>()
    };
    i = letters(i);
    if bytes.get(i) == Some(&b'/') && bytes.get(i + 1).is_some_and(u8::is_ascii_alphabetic) {
        i = letters(i + 1);
    }
    i
}

/// A name, its dots included: `a.b`, `p99.9`.
fn word_len(rest: &str) -> usize {
    let mut end = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let dot = c == '.' && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric() || *next == '_');
        if !(c.is_alphanumeric() || c == '_' || dot) {
            break;
        }
        end = i + c.len_utf8();
    }
    end
}
