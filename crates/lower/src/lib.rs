//! The compiler's middle and back: model → plan → module.
//!
//! `lower` has never seen a span. What reaches it is already right: it reports nothing, it relies.
//! It knows no kind and no fault by name.

mod flatten;
pub mod model;
pub mod plan;

pub use flatten::flatten;
