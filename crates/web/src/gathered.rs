//! A module and all that it imports, as one: each small file is a question to the server, and compresses badly.
//!
//! Every module becomes a function that is called once and gives what it exports, behind those that it imports. Nothing is
//! renamed, so no two of them may export the same name. Modules that are loaded later import from the whole.

use super::imports::{renamed, resolved};
use std::collections::{BTreeMap, BTreeSet};

/// What exports begin with.
const EXPORTED: [&str; 5] = ["const ", "function ", "function* ", "async function ", "class "];

/// Modules that have become one.
#[derive(Default)]
pub struct Gathered {
    /// What each exports, by its path.
    exports: BTreeMap<String, Vec<String>>,
    /// The text of all.
    text: String,
    /// What modules that are no part of it import.
    asked: BTreeSet<String>,
}

/// Gathers a module and all that it imports; `read` gives the text of a path.
///
/// # Errors
/// If a module is written in a way that is not known here: which, and what.
pub fn gathered(entry: &str, read: &dyn Fn(&str) -> Result<String, String>) -> Result<Gathered, String> {
    let mut all = Gathered::default();
    all.add(entry, read)?;
    for path in all.exports.keys() {
        let within = |address: &str| all.holds(&resolved(path, address));
        let text = without_notes(&read(path)?);
        if text.split("import(\"").skip(1).any(|rest| rest.split('"').next().is_some_and(within)) {
            return Err(format!("{path} loads later what is loaded at first"));
        }
    }
    let mut names: Vec<&str> = all.exports.values().flatten().map(String::as_str).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|two| two[0] == two[1]) {
        return Err(format!("two modules export {}", twice[0]));
    }
    Ok(all)
}

impl Gathered {
    /// The whole, once all that import from it are known. If nothing does, it is a script as well as a module.
    pub fn text(&self) -> String {
        let names: Vec<&str> = self.asked.iter().map(String::as_str).collect();
        let exported = if names.is_empty() { String::new() } else { format!("export {{ {} }};\n", names.join(", ")) };
        self.text.clone() + &exported
    }

    /// Whether a module is part of it.
    pub fn holds(&self, path: &str) -> bool {
        self.exports.contains_key(path)
    }

    /// A module that is not, with imports from it: the whole lies where `entry` did.
    ///
    /// # Errors
    /// As of [`gathered`].
    pub fn imported_by(&mut self, path: &str, text: &str, entry: &str) -> Result<String, String> {
        for line in text.lines().filter(|line| line.starts_with("import ")) {
            let (names, address) = import(path, line)?;
            if self.holds(&resolved(path, address)) {
                self.asked.extend(names.map(str::to_owned));
            }
        }
        let up = "../".repeat(path.matches('/').count());
        let whole = if up.is_empty() { format!("./{entry}") } else { format!("{up}{entry}") };
        Ok(renamed(text, |address| self.holds(&resolved(path, address)).then(|| whole.clone())))
    }

    fn add(&mut self, path: &str, read: &dyn Fn(&str) -> Result<String, String>) -> Result<(), String> {
        if self.holds(path) {
            return Ok(());
        }
        let text = read(path)?;
        let (mut body, mut exports) = (String::new(), Vec::new());
        for line in text.lines() {
            if line.starts_with("import ") {
                let (_, address) = import(path, line)?;
                self.add(&resolved(path, address), read)?;
            } else if let Some(exported) = line.strip_prefix("export ") {
                let name = EXPORTED.iter().find_map(|begin| exported.strip_prefix(begin)).map(first_word);
                let Some(name) = name.filter(|name| !name.is_empty()) else {
                    return Err(format!("{path} exports in a way that is not gathered: {line}"));
                };
                exports.push(name.to_owned());
                body.push_str(exported);
                body.push('\n');
            } else {
                body.push_str(line);
                body.push('\n');
            }
        }
        let body = renamed(&body, |address| Some(format!("./{}", resolved(path, address))));
        let names = exports.join(", ");
        let whole = match names.as_str() {
            "" => format!("(() => {{\n{body}}})();\n"),
            names => format!("const {{ {names} }} = (() => {{\n{body}return {{ {names} }};\n}})();\n"),
        };
        self.text.push_str(&whole);
        self.exports.insert(path.to_owned(), exports);
        Ok(())
    }
}

/// Names that a line imports, and from where.
fn import<'l>(path: &str, line: &'l str) -> Result<(impl Iterator<Item = &'l str>, &'l str), String> {
    let parts = line.strip_prefix("import { ").and_then(|rest| rest.strip_suffix("\";")?.split_once(" } from \""));
    match parts.filter(|(names, _)| !names.contains(" as ")) {
        Some((names, address)) => Ok((names.split(", "), address)),
        None => Err(format!("{path} imports in a way that is not gathered: {line}")),
    }
}

/// A text without what stands between `/*` and `*/`, where types import as well.
fn without_notes(text: &str) -> String {
    text.split("/*")
        .enumerate()
        .map(|(i, part)| if i == 0 { part } else { part.split_once("*/").map_or("", |p| p.1) })
        .collect()
}

fn first_word(text: &str) -> &str {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '$').next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> Result<String, String> {
        let text = match path {
            "app.mjs" => {
                "import { a } from \"./parts/a.mjs\";\nimport { b } from \"./parts/b.mjs\";\na(b, () => import(\"./later.mjs\"));\n"
            }
            "parts/a.mjs" => "import { b } from \"./b.mjs\";\nexport const a = (x) => x + b;\n",
            "parts/b.mjs" => "const a = 1;\nexport const b = a;\nexport const soon = () => import(\"../later.mjs\");\n",
            "default.mjs" => "export default 1;\n",
            "again.mjs" => "import { b } from \"./parts/b.mjs\";\nexport const b = 2;\n",
            "eager.mjs" => {
                "import { b } from \"./parts/b.mjs\";\n/** {import(\"./a.mjs\")} */\nimport(\"./parts/b.mjs\");\n"
            }
            other => return Err(format!("there is no {other}")),
        };
        Ok(text.to_owned())
    }

    #[test]
    fn each_module_comes_once_behind_what_it_imports() {
        let all = gathered("app.mjs", &read).unwrap();
        let whole = "const { b, soon } = (() => {\nconst a = 1;\nconst b = a;\nconst soon = () => import(\"./later.mjs\");\nreturn { b, soon };\n})();\n\
            const { a } = (() => {\nconst a = (x) => x + b;\nreturn { a };\n})();\n\
            (() => {\na(b, () => import(\"./later.mjs\"));\n})();\n";
        assert_eq!(all.text(), whole);
    }

    #[test]
    fn what_is_loaded_later_imports_from_the_whole() {
        let mut all = gathered("app.mjs", &read).unwrap();
        let later = "import { a } from \"./a.mjs\";\nimport { c } from \"./c.mjs\";\n";
        let wired = "import { a } from \"../app.mjs\";\nimport { c } from \"./c.mjs\";\n";
        assert_eq!(all.imported_by("parts/d.mjs", later, "app.mjs").unwrap(), wired);
        assert!(all.text().ends_with("export { a };\n"));
    }

    #[test]
    fn what_cannot_be_gathered_is_named() {
        let why = |entry: &str| gathered(entry, &read).err().unwrap();
        assert_eq!(why("default.mjs"), "default.mjs exports in a way that is not gathered: export default 1;");
        assert_eq!(why("again.mjs"), "two modules export b");
        assert_eq!(why("eager.mjs"), "eager.mjs loads later what is loaded at first");
        assert_eq!(why("none.mjs"), "there is no none.mjs");
    }
}
