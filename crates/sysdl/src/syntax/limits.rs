//! What is looked at before the grammar is: size, encoding, nesting.
//!
//! The grammar is recursive, so nesting is bounded here, with a message, instead of there, by a stack.

use super::span::{FileId, Span};
use crate::codes;
use crate::diagnostic::Diagnostic;

/// Largest file in bytes.
pub const SIZE_MAX: usize = 4 << 20;
/// Deepest nesting of brackets.
pub const NESTING_MAX: u32 = 64;

/// The text of a file, or why it cannot be read at all.
pub fn text(bytes: &[u8], file: FileId) -> Result<&str, Box<Diagnostic>> {
    let start = Span { file, start: 0, end: 0 };
    if bytes.len() > SIZE_MAX {
        let message = format!("this file has {} MB; the limit is 4 MB", bytes.len() / 1_000_000);
        let diagnostic = Diagnostic::new(&codes::E0120, message, start, "a file of this size is not an architecture");
        return Err(Box::new(diagnostic.help("split it into files and `import` them")));
    }
    let not_text = |byte: usize, what: &str| {
        let message = format!("this is not text: byte {byte} is {what}");
        let diagnostic = Diagnostic::new(&codes::E0121, message, start, "a .sysdl file is UTF-8 text");
        Box::new(diagnostic.help("is this the compiled module? give the `.sysdl` file it was made from"))
    };
    let text = std::str::from_utf8(bytes).map_err(|error| not_text(error.valid_up_to(), "not UTF-8"))?;
    if let Some(byte) = text.find('\0') {
        return Err(not_text(byte, "NUL"));
    }
    nesting(text, file)?;
    Ok(text)
}

fn nesting(text: &str, file: FileId) -> Result<(), Box<Diagnostic>> {
    let mut depth = 0u32;
    for (at, bracket) in brackets(text) {
        match bracket {
            b'{' | b'(' | b'[' => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        if depth > NESTING_MAX {
            let span = Span { file, start: at as u32, end: at as u32 + 1 };
            let message = format!("brackets are nested deeper than {NESTING_MAX}");
            let diagnostic = Diagnostic::new(&codes::E0122, message, span, "one bracket too many");
            let help = "give the inner part a name with `let`, or make it a component of its own";
            return Err(Box::new(diagnostic.help(help)));
        }
    }
    Ok(())
}

/// The brackets of a text that are not within comments and strings, with their offsets.
pub fn brackets(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let bytes = text.as_bytes();
    let mut i = 0;
    std::iter::from_fn(move || {
        while i < bytes.len() {
            let (at, rest) = (i, &bytes[i..]);
            i += match rest[0] {
                b'"' => string_len(rest),
                b'/' if rest.starts_with(b"//") => rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len()),
                b'/' if rest.starts_with(b"/*") => {
                    rest[2..].windows(2).position(|w| w == b"*/").map_or(rest.len(), |end| end + 4)
                }
                bracket @ (b'{' | b'}' | b'(' | b')' | b'[' | b']') => {
                    i += 1;
                    return Some((at, bracket));
                }
                _ => 1,
            };
        }
        None
    })
}

/// Length of a string literal; one that is not closed ends with its line.
fn string_len(rest: &[u8]) -> usize {
    let mut i = 1;
    while i < rest.len() && rest[i] != b'\n' {
        match rest[i] {
            b'\\' => i += 2,
            b'"' => return i + 1,
            _ => i += 1,
        }
    }
    i.min(rest.len())
}
