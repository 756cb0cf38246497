//! Tests as documents: the reference executor, generated models, and what holds them to the machine.

pub mod executions;
pub mod generate;
pub mod models;
pub mod mutations;
pub mod programs;
pub mod reference;
pub mod shrink;
pub mod text;
pub mod theory;
