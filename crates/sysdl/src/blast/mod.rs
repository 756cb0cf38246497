//! What `sysdl blast` strikes: a system small enough to be struck many times. The strikes themselves are resolved as any
//! injection is, in `resolve/strikes.rs`.

mod shrink;

pub use shrink::{Shrunk, shrink};
