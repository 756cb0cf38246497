//! Windows as CSV, one value a line: `t_s,family,name,column,value`. Names hold no commas or quotes.

use super::{rows, window_end};
use crate::trace::Trace;
use std::io::{self, Write};

/// Writes every non-zero cell of every window.
///
/// # Errors
/// If writing fails.
pub fn csv(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "t_s,family,name,column,value")?;
    for window in 0..trace.windows.len() {
        let t = window_end(trace, window) as f64 / 1e9;
        for (family, name, columns, values) in rows(trace, window) {
            for ((column, _), value) in columns.iter().zip(values).filter(|(_, value)| **value != 0) {
                writeln!(out, "{t},{family},{name},{column},{value}")?;
            }
        }
    }
    Ok(())
}
