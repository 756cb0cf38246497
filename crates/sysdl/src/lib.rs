//! The sysdl language: architectures as text, one direction, no shortcuts.
//!
//! ```text
//! text ──syntax──▶ AST ──▶ Model
//! ```
//!
//! What is not here:
//!
//! - This crate simulates nothing. It says what a file means, and what is wrong with it.
//! - `syntax` knows no names, kinds or units: `cache` is a word like any other.
//! - Only `syntax::parse` has heard of pest, and only `render::human` of miette.
//! - Nothing reads a file or a clock; text comes in, text or trees go out.

pub mod library;
pub mod resolve;
pub mod syntax;
