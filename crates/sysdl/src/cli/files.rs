//! Files: finding them, reading them, compiling them.

use super::{FINDINGS, trouble};
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use sysdl::diagnostic::Diagnostic;
use sysdl::render::human;
use sysdl::resolve::data::BYTES_MAX as DATA_MAX;
use sysdl::resolve::program::Loader;
use sysdl::resolve::{Analysis, Override, Resolved, analyze};
use sysdl::syntax::span::Sources;

/// Imports relative to the importing file.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Loader for Disk {
    fn load(&self, importing: &str, path: &str) -> Option<(String, Vec<u8>)> {
        let folder = Path::new(importing).parent().unwrap_or(Path::new("."));
        let full = folder.join(path.strip_prefix("./").unwrap_or(path));
        // Nothing larger is of use; one byte more shows that it is too large.
        let mut bytes = Vec::new();
        std::fs::File::open(&full).ok()?.take(DATA_MAX as u64 + 1).read_to_end(&mut bytes).ok()?;
        Some((full.display().to_string(), unmarked(bytes)))
    }
}

/// The content of a file; `-` is standard input.
pub fn read(path: &Path) -> Result<Vec<u8>, u8> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = std::io::stdin().read_to_end(&mut bytes);
        return read.map(|_| unmarked(bytes)).map_err(trouble);
    }
    let read = std::fs::read(path).map(unmarked);
    read.map_err(|error| trouble(format!("cannot read {}: {error}", path.display())))
}

/// Without the mark of its encoding that some editors write in front.
pub fn unmarked(mut bytes: Vec<u8>) -> Vec<u8> {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    bytes
}

/// All `.sysdl` files of some paths, folders searched, in order.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, u8> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            search(path, &mut found).map_err(|error| trouble(format!("cannot read {}: {error}", path.display())))?;
        } else if path.exists() || path == Path::new("-") {
            found.push(path.clone());
        } else {
            return Err(trouble(format!("there is no file {}", path.display())));
        }
    }
    Ok(found)
}

fn search(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                search(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "sysdl") {
            found.push(path);
        }
    }
    Ok(())
}

/// A file, read and analyzed.
pub fn load(path: &Path) -> Result<Analysis, u8> {
    let bytes = read(path)?;
    if bytes.starts_with(b"\0asm") {
        return Err(trouble(format!("{} is a module, not a text: only `sysdl run` takes one", path.display())));
    }
    Ok(analyze(&path.display().to_string(), &bytes, &Disk))
}

/// `path=value` arguments.
pub fn overrides(set: &[String]) -> Result<Vec<Override>, u8> {
    set.iter()
        .map(|text| match text.split_once('=') {
            Some((path, value)) => Ok((path.trim().to_owned(), value.trim().to_owned())),
            None => Err(trouble(format!("`--set {text}`: write `--set path=value`"))),
        })
        .collect()
}

/// The scenario's name: the one asked for, or the first.
pub fn scenario(analysis: &Analysis, wanted: Option<&str>) -> Result<String, u8> {
    let scenarios = analysis.scenarios();
    let names: Vec<&str> = scenarios.iter().map(|s| s.name.as_str()).collect();
    match wanted {
        None => Ok(names.first().map_or("steady", |name| name).to_owned()),
        Some(wanted) if names.contains(&wanted) => Ok(wanted.to_owned()),
        Some(wanted) => {
            let near = sysdl::diagnostic::nearest(wanted, names.iter().copied());
            let help = near
                .map_or_else(|| format!("there are {}", names.join(", ")), |meant| format!("did you mean `{meant}`?"));
            Err(trouble(format!("there is no scenario `{wanted}`; {help}")))
        }
    }
}

/// Prints diagnostics for a person on standard error.
pub fn show(diagnostics: &[Diagnostic], sources: &Sources) {
    if !diagnostics.is_empty() {
        eprint!("{}", human::render(diagnostics, sources, color(), width()));
    }
}

/// The model of a resolved scenario, or its mistakes shown.
pub fn usable(resolved: Resolved, sources: &Sources) -> Result<Resolved, u8> {
    if resolved.model.is_none() {
        let errors: Vec<Diagnostic> = resolved.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        show(&errors, sources);
        return Err(FINDINGS);
    }
    Ok(resolved)
}

/// Whether standard error takes colors.
pub fn color() -> bool {
    std::env::var_os("NO_COLOR").is_none() && std::io::stderr().is_terminal()
}

/// Columns of the terminal, as far as the environment says.
pub fn width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}
