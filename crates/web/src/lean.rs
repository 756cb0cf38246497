//! The page's files without what only people read: comments, indentation, needless white space.
//!
//! Nothing is renamed and nothing is reckoned out. Line breaks of a script stay where one could end a statement, so that
//! what is said of a line in a browser is found in the source.

/// A file as it is served, by its name.
pub fn lean(path: &str, text: &str) -> String {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        _ if path.starts_with("vendor/") => text.to_owned(),
        "mjs" | "js" => script(text),
        "css" => style(text),
        "html" => text.lines().map(|line| line.trim_start().to_owned() + "\n").collect(),
        _ => text.to_owned(),
    }
}

/// Words behind which a `/` begins a regular expression and divides nothing.
const BEFORE_REGEX: [&str; 14] = [
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "throw",
    "new",
    "instanceof",
    "else",
    "do",
    "await",
    "yield",
];

/// What has been written, and what is about to be: white space waits until it is known whether it is needed.
#[derive(Default)]
struct Lean {
    out: String,
    space: bool,
    line: bool,
}

impl Lean {
    /// Writes a token: behind a space or a line break only if it would be another without.
    fn push(&mut self, token: &str) {
        if let (Some(last), Some(first)) = (self.out.chars().next_back(), token.chars().next()) {
            // Behind a `/` a word could be the flags of a regular expression; before a text it may be a name that is sought.
            let joins = (is_word(last) || last == '/') && is_word(first)
                || is_word(last) && first == '"'
                || last == first && "+-/&|<>=".contains(last);
            if self.line && !"{([,;:?=&|".contains(last) && !"})],;:?".contains(first) {
                self.out.push('\n');
            } else if (self.space || self.line) && joins {
                self.out.push(' ');
            }
        }
        (self.space, self.line) = (false, false);
        self.out.push_str(token);
    }

    /// Whether a `/` that comes now begins a regular expression.
    fn regex_follows(&self) -> bool {
        let Some(last) = self.out.chars().next_back() else { return true };
        if is_word(last) {
            let word = self.out.rsplit(|c| !is_word(c)).next().unwrap_or("");
            return BEFORE_REGEX.contains(&word);
        }
        !")]}\"'`".contains(last)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || c == '#'
}

/// A script without comments and indentation.
fn script(text: &str) -> String {
    let mut lean = Lean::default();
    // Braces that are open within the substitutions of template literals that are.
    let mut open: Vec<u32> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '\n' => {
                lean.line = true;
                1
            }
            c if c.is_whitespace() => {
                lean.space = true;
                c.len_utf8()
            }
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => {
                let len = rest.find("*/").map_or(rest.len(), |end| end + 2);
                lean.line |= rest[..len].contains('\n');
                lean.space = true;
                len
            }
            '/' if lean.regex_follows() => taken(&mut lean, rest, regex_len(rest)),
            '"' | '\'' => taken(&mut lean, rest, quoted_len(rest, first)),
            '`' => {
                let (len, opened) = template_len(rest, 1);
                open.extend(opened.then_some(0));
                taken(&mut lean, rest, len)
            }
            '}' if open.last() == Some(&0) => {
                let (len, opened) = template_len(rest, 1);
                if !opened {
                    open.pop();
                }
                taken(&mut lean, rest, len)
            }
            c if is_word(c) => taken(&mut lean, rest, rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
            c => {
                if let Some(braces) = open.last_mut() {
                    *braces = (*braces + u32::from(c == '{')).saturating_sub(u32::from(c == '}'));
                }
                taken(&mut lean, rest, c.len_utf8())
            }
        };
        rest = &rest[len..];
    }
    lean.out + "\n"
}

fn taken(lean: &mut Lean, rest: &str, len: usize) -> usize {
    lean.push(&rest[..len]);
    len
}

/// Length of a text in quotes.
fn quoted_len(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Length of a regular expression without its flags, which are a word of their own.
fn regex_len(rest: &str) -> usize {
    let (mut escaped, mut class) = (false, false);
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '/' if !class => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Length of a piece of a template literal, and whether a substitution follows it.
fn template_len(rest: &str, from: usize) -> (usize, bool) {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(from) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '`' => return (at + 1, false),
            '$' if rest[at..].starts_with("${") => return (at + 2, true),
            _ => {}
        }
    }
    (rest.len(), false)
}

/// A style sheet without comments and indentation.
fn style(text: &str) -> String {
    let (mut out, mut space, mut rest) = (String::new(), false, text);
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
            continue;
        }
        if first.is_whitespace() {
            space = true;
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let last = out.chars().next_back().unwrap_or('{');
        if first == '}' && last == ';' {
            out.pop();
        }
        // A space before a colon can join two selectors.
        if space && !"{};,:".contains(last) && !"{};,".contains(first) {
            out.push(' ');
        }
        space = false;
        let len = if matches!(first, '"' | '\'') { quoted_len(rest, first) } else { first.len_utf8() };
        out.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    out + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_file_is_made_lean_in_its_own_way() {
        assert_eq!(lean("a/b.mjs", "f( 1 ); // one\n"), "f(1);\n");
        assert_eq!(lean("a.css", "a { b: c; }\n"), "a{b:c}\n");
        assert_eq!(lean("index.html", "<p>\n  a  b\n</p>\n"), "<p>\na  b\n</p>\n");
        assert_eq!(lean("vendor/c.mjs", "// License.\n"), "// License.\n");
    }

    #[test]
    fn comments_and_indentation_go() {
        let text = "// @ts-check\n/** What. @param {string} a */\nexport function f(a, b) {\n  return a + b; // sum\n}\n\n\nf(1,\n  2);\n";
        assert_eq!(script(text), "export function f(a,b){return a+b;}\nf(1,2);\n");
    }

    #[test]
    fn what_only_looks_like_a_comment_stays() {
        for text in [
            "const a=\"// no /* no */\";\n",
            "const a='it\\'s // no';\n",
            "const a=`b // ${c/2} /* no */  d`;\n",
            "const a=`b ${`c ${d({e:1})}  // f`}  g`;\n",
            "const a=/[/]\\/\\/ */g.test(b);\n",
            "const a=b/c/d;\n",
            "import \"./a.mjs\";\n",
            "const a=b[0]/2//comment\n",
        ] {
            assert_eq!(script(text), text.replace("//comment", ""));
        }
        assert_eq!(script("if (a) return / \\/ \"/.test(b)\n"), "if(a)return/ \\/ \"/.test(b)\n");
    }

    #[test]
    fn spaces_stay_where_two_tokens_would_be_one() {
        assert_eq!(script("return  a  in  b\n"), "return a in b\n");
        assert_eq!(script("a + +b - -c\n"), "a+ +b- -c\n");
        assert_eq!(script("a++\nb\n"), "a++\nb\n");
        assert_eq!(script("let a = 1\nlet b\n(c)\n"), "let a=1\nlet b\n(c)\n");
    }

    #[test]
    fn a_style_sheet_keeps_what_it_means() {
        let text = "/* colors */\n:root {\n  --a: calc(1px + 2px);\n}\n.a :hover, .b > .c::after { content: \"a  /* b */\"; }\n@media (min-width: 1px) and (hover) { a { b: c } }\n";
        let lean = ":root{--a:calc(1px + 2px)}.a :hover,.b > .c::after{content:\"a  /* b */\"}@media (min-width:1px) and (hover){a{b:c}}\n";
        assert_eq!(style(text), lean);
    }
}
