//! Goldens: what a scenario did, as a text that is kept in git and reviewed like code.
//!
//! Integers only, so that equal runs give equal bytes on every machine. Four parts, each of which can
//! be read and compared by itself; the digests at the end bound where two runs part.

mod compare;
mod write;

pub use compare::{Comparison, compare};
pub use write::text;

use std::io::Write as _;
use std::path::Path;

/// First line of every golden.
pub const FIRST_LINE: &str = "sysdl-trace 1";
/// Largest golden in bytes; a longer timeline is made coarser.
pub const SIZE_MAX: usize = 20 * 1024;

/// Writes a file as a whole or not at all: to a temporary file beside it, then renamed.
///
/// # Errors
/// If the folder cannot be written.
pub fn write_atomically(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut file = std::fs::File::create(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
