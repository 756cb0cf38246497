//! What could have stood where reading failed.
//!
//! Only the furthest place counts: what failed before it was another way to read the same text.

use sysdl_order::Order as _;

/// What was looked for, in the order in which it is told. Much of it is told in the same word, and much not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::syntax) enum Wanted {
    /// The end of the statement.
    End,
    /// An arrow of either kind.
    Arrow,
    /// `->`, the only one behind the name of traffic.
    Sync,
    /// `=`, `+=` and the like.
    AssignOp,
    /// A value, of which nothing was there.
    Value,
    /// A sign before a value.
    Sign,
    /// `$`
    Money,
    /// Digits.
    Number,
    /// A text in quotes.
    Text,
    /// A name.
    Name,
    /// `=`
    Equals,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `(`
    OpenParenthesis,
    /// `)`
    CloseParenthesis,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `of`
    Of,
    /// `inject`
    Inject,
    /// `on`
    On,
    /// `for`
    For,
    /// `zone`
    Zone,
    /// What nobody would be told to write.
    Other,
}

impl Wanted {
    /// How a keyword is told.
    pub(super) fn keyword(word: &str) -> Self {
        match word {
            "of" => Self::Of,
            "inject" => Self::Inject,
            "on" => Self::On,
            "for" => Self::For,
            "zone" => Self::Zone,
            _ => Self::Other,
        }
    }

    fn words(self) -> Option<&'static str> {
        Some(match self {
            Self::AssignOp | Self::Equals => "`=`",
            Self::Colon => "`:`",
            Self::OpenBrace => "`{`",
            Self::CloseBrace => "`}`",
            Self::OpenParenthesis => "`(`",
            Self::CloseParenthesis => "`)`",
            Self::OpenBracket => "`[`",
            Self::CloseBracket => "`]`",
            Self::Comma => "`,`",
            Self::Arrow | Self::Sync => "`->`",
            Self::Name => "a name",
            Self::Text => "a text in quotes",
            Self::Number => "a number",
            Self::Value | Self::Sign | Self::Money => "a value",
            Self::Inject => "`inject`",
            Self::On => "`on`",
            Self::Of => "`of`",
            Self::For => "`for`",
            Self::Zone => "`zone`",
            Self::End => END,
            Self::Other => return None,
        })
    }
}

/// How the end of a statement is told.
pub(in crate::syntax) const END: &str = "the end of the statement";

/// The furthest place at which something was looked for in vain, and what that was.
#[derive(Clone, Debug, Default)]
pub(in crate::syntax) struct Furthest {
    /// The place.
    pub at: usize,
    wanted: Vec<Wanted>,
}

impl Furthest {
    /// Something was not there.
    pub(super) fn missed(&mut self, at: usize, wanted: Wanted) {
        if at > self.at {
            self.at = at;
            self.wanted.clear();
        }
        if at == self.at {
            self.wanted.push(wanted);
        }
    }

    /// How much has been looked for at a place so far.
    pub(super) fn count(&self, at: usize) -> usize {
        if at == self.at { self.wanted.len() } else { 0 }
    }

    /// Several things could have begun something here, and none did: what they would have begun is one word for all.
    pub(super) fn instead(&mut self, at: usize, before: usize, wanted: Wanted) {
        if at == self.at && self.wanted.len() != before + 1 {
            self.wanted.truncate(before);
            self.wanted.push(wanted);
        }
    }

    /// What could have stood there, to someone who writes.
    pub(in crate::syntax) fn words(&self) -> String {
        let mut wanted = self.wanted.clone();
        wanted.order();
        let mut words: Vec<&str> = Vec::new();
        for word in wanted.into_iter().filter_map(Wanted::words) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        // Where a value can stand, a number, a name and a bracket can: one word for all.
        if words.contains(&"a value") {
            words.retain(|w| !matches!(*w, "a number" | "a name" | "`[`" | "a text in quotes" | "`(`"));
        }
        if words.len() > 1 {
            words.retain(|w| *w != END);
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
}
