//! The page as one file that also opens from a disk, where a browser lets no module import another.
//!
//! Each module is a `data:` address in an import map, under a name that the others import it by; everything else is text in a
//! `<script data-asset>`, as base64 of gzip.

use crate::FILES;
use crate::imports::{renamed, resolved};
use crate::site::{Asset, index, named};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::Write as _;

/// What the page may do where all of it is in one file.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline' data: blob: 'wasm-unsafe-eval'; worker-src blob:; \
    style-src 'unsafe-inline'; img-src data: blob:; media-src blob:; connect-src data: blob:";

/// The page with some assets of its own.
///
/// # Panics
/// Never: the files of the page are text, and memory can be written to.
#[must_use]
pub fn single(assets: &[Asset]) -> String {
    let modules = FILES.iter().filter(|file| file.path.ends_with(".mjs"));
    let mut map = String::from("{\"imports\":{");
    for (count, module) in modules.enumerate() {
        let text = std::str::from_utf8(module.bytes).expect("modules are text");
        let separator = if count == 0 { "" } else { "," };
        let code = base64(rewired(text, module.path).as_bytes());
        let _ = write!(map, "{separator}\"#page/{}\":\"data:text/javascript;base64,{code}\"", module.path);
    }
    map.push_str("}}");
    let worker = FILES.iter().find(|file| file.path == "worker.js").map(|file| ("worker.js", file.bytes));
    let mut head = format!("<script type=\"importmap\">{map}</script>\n");
    for (name, bytes) in named(assets).into_iter().chain(worker) {
        let _ = writeln!(head, "<script type=\"text/plain\" data-asset=\"{name}\">{}</script>", base64(&packed(bytes)));
    }
    let page = without_links(index());
    let style = FILES.iter().filter(|file| file.path.ends_with(".css")).map(|file| String::from_utf8_lossy(file.bytes));
    let _ = writeln!(head, "<style>{}</style>", style.collect::<Vec<_>>().join("\n"));
    let page = page.replacen("</title>", &format!("</title>\n{head}"), 1);
    entry(&page)
}

/// A module whose imports name others as the import map does.
fn rewired(text: &str, path: &str) -> String {
    renamed(text, |address| Some(format!("#page/{}", resolved(path, address))))
}

/// The page without links to files beside it, and with a policy of its own.
fn without_links(page: &str) -> String {
    let lines = page.lines().filter(|line| !(line.contains("<link") && line.contains("href=\"./")));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    if let Some((at, end)) =
        text.find("http-equiv=\"Content-Security-Policy\"").and_then(|at| Some((at, at + text[at..].find('>')?)))
    {
        text.replace_range(at..end, &format!("http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\""));
    }
    text
}

/// The page's first module, by its name in the import map.
fn entry(page: &str) -> String {
    let Some(at) = page.find("<script type=\"module\" src=\"./") else { return page.to_owned() };
    let begin = at + "<script type=\"module\" src=\"./".len();
    let (Some(quote), Some(end)) = (page[begin..].find('"'), page[at..].find("</script>")) else {
        return page.to_owned();
    };
    let name = &page[begin..begin + quote];
    format!("{}<script type=\"module\">import \"#page/{name}\";{}", &page[..at], &page[at + end..])
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory can be written to")
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0u32, |word, (i, &byte)| word | u32::from(byte) << (16 - 8 * i));
        for i in 0..4 {
            text.push(if i <= chunk.len() { LETTERS[(word >> (18 - 6 * i) & 63) as usize] as char } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_import_each_other_by_name() {
        let text = "import { a } from \"./a.mjs\";\nimport \"../b.mjs\";\nconst c = import(\"./d/c.mjs\");\nconst e = \"./e.mjs\";\n";
        let wired = "import { a } from \"#page/picture/a.mjs\";\nimport \"#page/b.mjs\";\nconst c = import(\"#page/picture/d/c.mjs\");\nconst e = \"./e.mjs\";\n";
        assert_eq!(rewired(text, "picture/picture.mjs"), wired);
    }

    #[test]
    fn bytes_are_base64() {
        assert_eq!([base64(b"f"), base64(b"fo"), base64(b"foo")], ["Zg==", "Zm8=", "Zm9v"]);
    }
}
