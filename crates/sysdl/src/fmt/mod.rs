//! Placeholder.
use crate::diagnostic::Diagnostic;
/// Formats.
pub fn format(bytes: &[u8]) -> Result<String, Vec<Diagnostic>> { Ok(String::from_utf8_lossy(bytes).into_owned()) }
