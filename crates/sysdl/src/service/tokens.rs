//! A text that may be half written → tokens with their places.
//!
//! The tree has nothing of a statement that could not be read. Tokens are always there, so what stands around a caret is
//! found from them.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name without its dots: `edge`, `p99.9`.
    Word,
    /// A number with the letters behind it.
    Number,
    /// `"text"`, perhaps not closed.
    Text,
    /// Punctuation.
    Mark,
    /// `// …`, `/// …` or `/* … */`
    Comment,
    /// The end of a line.
    Break,
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// First byte.
    pub(super) start: u32,
    /// Byte behind the last.
    pub(super) end: u32,
}

impl Token {
    pub(super) fn text<'t>(&self, of: &'t str) -> &'t str {
        &of[self.start as usize..self.end as usize]
    }
}

/// Marks of two characters that matter here.
const LONG: [&str; 10] = ["->", "~>", "..", "<=", ">=", "==", "!=", "+=", "*=", "|="];

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() && first != '\n' {
            at += first.len_utf8();
            continue;
        }
        let (kind, len) = token(&text[at..], first);
        found.push(Token { kind, start: at as u32, end: (at + len) as u32 });
        at += len;
    }
    found
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    match first {
        '\n' => (Kind::Break, 1),
        '"' => (Kind::Text, string_len(rest)),
        '$' | '0'..='9' => (Kind::Number, number_len(rest)),
        '_' | 'a'..='z' | 'A'..='Z' => (Kind::Word, word_len(rest)),
        _ if rest.starts_with("//") => (Kind::Comment, rest.find(['\n', '\r']).unwrap_or(rest.len())),
        _ if rest.starts_with("/*") => (Kind::Comment, rest[2..].find("*/").map_or(rest.len(), |end| end + 4)),
        _ => {
            let long = LONG.iter().find(|long| rest.starts_with(**long));
            (Kind::Mark, long.map_or(first.len_utf8(), |long| long.len()))
        }
    }
}

/// Length of a text in quotes; one that is not closed ends with its line.
fn string_len(rest: &str) -> usize {
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            '\n' | '\r' => return i,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return i + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `$0.096/h`, `1_000`, `99.9%`, `120k/s`; not the `..` of a range, nor the point behind `2.`.
fn number_len(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let while_is = |mut i: usize, is: fn(u8) -> bool| {
        while bytes.get(i).copied().is_some_and(is) {
            i += 1;
        }
        i
    };
    let is_digit = |b: u8| b.is_ascii_digit() || b == b'_';
    let mut i = while_is(usize::from(bytes[0] == b'$'), is_digit);
    if bytes.get(i) == Some(&b'.') && bytes.get(i + 1).is_some_and(u8::is_ascii_digit) {
        i = while_is(i + 1, is_digit);
    }
    if bytes.get(i) == Some(&b'%') {
        return i + 1;
    }
    // `µ` is two bytes that are no ASCII.
    i = while_is(i, |b| b.is_ascii_alphabetic() || b == 0xc2 || b == 0xb5);
    if bytes.get(i) == Some(&b'/') && bytes.get(i + 1).is_some_and(u8::is_ascii_alphabetic) {
        i = while_is(i + 1, |b| b.is_ascii_alphabetic());
    }
    while !rest.is_char_boundary(i) {
        i -= 1;
    }
    i.max(1)
}

/// A name; `p99.9` is one as well.
fn word_len(rest: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let percentile =
        rest[..len].strip_prefix('p').is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    let behind = rest[len..].strip_prefix('.').map_or("", |behind| behind);
    let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
    if percentile && digits > 0 { len + 1 + digits } else { len }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).iter().map(|token| token.text(text)).collect()
    }

    #[test]
    fn names_numbers_and_marks() {
        assert_eq!(texts("a.b -> c { x = 1.5ms }"), ["a", ".", "b", "->", "c", "{", "x", "=", "1.5ms", "}"]);
        assert_eq!(texts("p99.9(x) < 5µs"), ["p99.9", "(", "x", ")", "<", "5µs"]);
        assert_eq!(texts("60s..80s, $9_000/month 99.9%"), ["60s", "..", "80s", ",", "$9_000/month", "99.9%"]);
        assert_eq!(texts("x[0] 2."), ["x", "[", "0", "]", "2", "."]);
    }

    #[test]
    fn what_is_not_closed_ends_with_its_line() {
        assert_eq!(texts("a \"b\nc // d\ne"), ["a", "\"b", "\n", "c", "// d", "\n", "e"]);
        assert_eq!(texts("/* a"), ["/* a"]);
        assert_eq!(texts("1é\u{b5}°"), ["1", "é", "µ", "°"]);
    }
}
