//! The language: text → model.
//!
//! This crate knows spans, names, units and files, and simulates nothing. What it hands on is a
//! [`sysdl_lower::model::Model`] that is right, or diagnostics that say why there is none.

pub mod blast;
mod check;
pub mod codes;
pub mod diagnostic;
pub mod fmt;
pub mod library;
pub mod page;
pub mod reference;
pub mod render;
pub mod resolve;
pub mod service;
pub mod share;
pub mod syntax;
pub mod units;
