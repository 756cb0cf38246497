//! One file per kind of mistake, with what is said of it written below the line that has it.
//!
//! `SYSDL_BLESS=1` writes the annotations anew; read them before you commit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use sysdl::codes;
use sysdl::diagnostic::Diagnostic;
use sysdl::resolve::program::Loader;
use sysdl::resolve::{Analysis, analyze};
use sysdl::syntax::span::FileId;

/// Mistakes that no file of some lines can show; see `hostile_files_are_refused_by_name`.
const NOT_SHOWN: [&str; 4] = ["E0120", "E0121", "E0122", "E0123"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("errors")
}

/// Imports from the folder, under bare names.
struct Folder;

impl Loader for Folder {
    fn load(&self, _importing: &str, path: &str) -> Option<(String, Vec<u8>)> {
        let name = path.strip_prefix("./")?;
        Some((name.to_owned(), std::fs::read(folder().join(name)).ok()?))
    }
}

/// An annotation stands at the begin of a line; comments of the file itself are indented or say something else.
fn is_annotation(line: &str) -> bool {
    line.starts_with("//") && (line.contains('^') || line.trim_start_matches('/').trim_start().starts_with("help: "))
}

fn annotated(text: &str, analysis: &Analysis, found: &[Diagnostic]) -> String {
    let source = analysis.sources.get(FileId(0));
    let mut lines: Vec<String> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        lines.push(line.to_owned());
        for diagnostic in found {
            let (at, column) = source.position(diagnostic.primary.span.start);
            if at as usize != index + 1 || diagnostic.primary.span.file != FileId(0) {
                continue;
            }
            let marked = source.text.get(diagnostic.primary.span.range()).unwrap_or_default();
            let width = marked.lines().next().unwrap_or_default().chars().count().max(1);
            let pad = " ".repeat((column as usize).saturating_sub(3));
            let severity = if diagnostic.is_error() { "error" } else { "warning" };
            lines.push(format!(
                "//{pad}{} {severity}[{}]: {}",
                "^".repeat(width),
                diagnostic.code.id,
                diagnostic.message
            ));
            if let Some(help) = &diagnostic.help {
                lines.push(format!("//{pad}help: {help}"));
            }
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn every_code_has_a_file_that_shows_it() {
    let bless = std::env::var_os("SYSDL_BLESS").is_some();
    let mut differ = Vec::new();
    for code in codes::ALL.iter().filter(|code| !NOT_SHOWN.contains(&code.id)) {
        let path = folder().join(format!("{}.sysdl", code.id));
        let written =
            std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("tests/errors/{}.sysdl is missing", code.id));
        let plain: String =
            written.lines().filter(|line| !is_annotation(line)).map(|line| format!("{line}\n")).collect();
        let analysis = analyze(&format!("{}.sysdl", code.id), plain.as_bytes(), &Folder);
        let found = analysis.check();
        let shown: BTreeSet<&str> = found.iter().map(|diagnostic| diagnostic.code.id).collect();
        assert!(shown.contains(code.id), "{}: shows {shown:?}", code.id);
        assert!(found.iter().all(|d| d.help.is_some()), "{}: a mistake without help", code.id);
        let now = annotated(&plain, &analysis, &found);
        if bless {
            std::fs::write(&path, &now).expect("it can be written");
        } else if now != written {
            differ.push(format!("--- {}\n{now}", code.id));
        }
    }
    assert!(differ.is_empty(), "run with SYSDL_BLESS=1 and read the difference:\n{}", differ.join("\n"));
}

#[test]
fn no_file_shows_a_code_that_is_gone() {
    for entry in std::fs::read_dir(folder()).expect("the folder exists") {
        let name = entry.expect("it can be read").file_name().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".sysdl").unwrap_or_else(|| panic!("{name} is no file of mistakes"));
        assert!(codes::find(stem).is_some(), "{stem} is no code");
    }
}

/// Mistakes that no file of some lines can show: too large, no text, too deep, too many.
#[test]
fn hostile_files_are_refused_by_name() {
    let codes_of = |bytes: &[u8]| -> BTreeSet<&str> {
        let analysis = analyze("hostile.sysdl", bytes, &Folder);
        analysis.check().iter().map(|diagnostic| diagnostic.code.id).collect()
    };
    let large = format!("sysdl 1\n{}", "// padding\n".repeat(1 << 20));
    assert!(codes_of(large.as_bytes()).contains("E0120"));
    assert!(codes_of(b"\0asm\x01\0\0\0\xff\xfe").contains("E0121"));
    let deep = format!("sysdl 1\nlet x = {}1{}\n", "(".repeat(5_000), ")".repeat(5_000));
    assert!(codes_of(deep.as_bytes()).contains("E0122"));
    let many = format!("sysdl 1\n{}", "at at at\n".repeat(500));
    assert!(codes_of(many.as_bytes()).contains("E0123"));
    assert!(codes_of(b"").contains("E0114"));
}
