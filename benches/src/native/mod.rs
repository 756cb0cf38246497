//! The reference topology as a program written by hand, for speed, that records all that a module records.
//!
//! It knows its topology and nothing else: what nobody contends for is no event, state is in arrays, nothing is allocated
//! per request. It draws by the same keys and counts in the same windows, so it ends in the same digest, or it is wrong.

mod heap;
mod ledger;
mod servers;
mod setup;
mod source;
mod web;
mod window;

pub use setup::Setup;
pub use web::{Outcome, run};
