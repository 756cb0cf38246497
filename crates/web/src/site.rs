//! The page as a folder of files. All but `index.html` lie under names that say what is in them, so that a browser keeps them
//! for ever.

use crate::{COMPILER, FILES};
use sha2::{Digest, Sha256};

/// A file that the page asks for by its name: `blueprints.json`.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Name that the page knows it by.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A page and what belongs to it.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// Files: path and content, `index.html` first.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Site {
    /// The page with some assets of its own, all under relative addresses.
    #[must_use]
    pub fn new(assets: &[Asset]) -> Self {
        let mut site = Self::default();
        let code: Vec<_> = FILES.iter().filter(|file| file.path != "index.html").collect();
        let folder = format!("assets/{}", fingerprint(code.iter().flat_map(|file| [file.path.as_bytes(), file.bytes])));
        let mut links = String::new();
        for (name, bytes) in named(assets) {
            let path = format!("assets/{}/{name}", fingerprint([bytes]));
            let ahead =
                if name == "compiler.wasm" { "rel=\"preload\" as=\"fetch\" crossorigin" } else { "rel=\"prefetch\"" };
            links.push_str(&format!("<link data-asset=\"{name}\" {ahead} href=\"./{path}\">\n"));
            site.files.push((path, bytes.to_vec()));
        }
        links.push_str(&format!("<link data-asset=\"worker.js\" rel=\"prefetch\" href=\"./{folder}/worker.js\">\n"));
        let index: String = index().lines().map(|line| located(line, &folder) + "\n").collect();
        let index = index.replacen("</title>", &format!("</title>\n{links}"), 1);
        site.files.insert(0, ("index.html".to_owned(), index.into_bytes()));
        site.files.extend(code.iter().map(|file| (format!("{folder}/{}", file.path), file.bytes.to_vec())));
        site
    }

    /// A file by its path; the empty one is `index.html`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        let path = if path.is_empty() { "index.html" } else { path };
        self.files.iter().find(|(name, _)| name == path).map(|(_, bytes)| bytes.as_slice())
    }
}

/// A line of the page whose files lie in a folder.
fn located(line: &str, folder: &str) -> String {
    if !line.contains("<link") && !line.contains("<script") {
        return line.to_owned();
    }
    let there = format!("=\"./{folder}/");
    line.replace("=\"./", &there)
}

/// The page's own text.
pub(crate) fn index() -> &'static str {
    let file = FILES.iter().find(|file| file.path == "index.html").expect("the page has an index");
    std::str::from_utf8(file.bytes).expect("it is text")
}

/// Assets by name, the compiler among them.
pub(crate) fn named(assets: &[Asset]) -> Vec<(&str, &[u8])> {
    let own = assets.iter().map(|asset| (asset.name.as_str(), asset.bytes.as_slice()));
    std::iter::once(("compiler.wasm", COMPILER)).chain(own).collect()
}

/// Sixteen hexadecimal digits that depend on all of what is given.
fn fingerprint<'b>(parts: impl IntoIterator<Item = &'b [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The media type of a file, by its name.
#[must_use]
pub fn mime(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
