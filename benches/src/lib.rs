//! What a simulation costs.
//!
//! Modules that `sysdl` generates are run beside programs written by hand for one topology each, which record the same and end
//! in the same digest, and beside other simulators, which record less.

pub mod guest;
pub mod native;
#[cfg(feature = "peers")]
pub mod peers;
pub mod system;
pub mod texts;
pub mod workload;
