//! Text → AST.
//!
//! Before: any bytes at all. After: a tree of everything that could be understood, and one
//! diagnostic for each thing that could not. No name has been looked up.

pub mod ast;
pub mod span;
