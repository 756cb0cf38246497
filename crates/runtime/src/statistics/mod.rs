//! How far a number can be trusted.
//!
//! | file | question |
//! | --- | --- |
//! | `estimate` | What do independent replications say, and how exactly? |
//! | `sequential` | Are there enough of them? |
//! | `warmup` | Since when has a run been steady? |
//! | `batches` | What does one steady run say of its own mean? |
//! | `tail` | Is the tail too heavy for means to settle? |
//! | `confidence` | All of it for one run, in words. |

pub mod batches;
pub mod confidence;
mod estimate;
pub mod sequential;
pub mod tail;
pub mod warmup;

pub use estimate::{Estimate, estimate, paired};
