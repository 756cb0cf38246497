//! Text → AST.
//!
//! Before: bytes that may be anything.
//! After: a tree of what was written, every node with its span, and a diagnostic for every statement
//! that could not be read. A mistake costs its own statement, never the rest of the file.

pub mod ast;
mod explain;
mod limits;
mod parse;
mod reader;
#[cfg(test)]
mod reference;
pub mod span;

pub use parse::parse;
