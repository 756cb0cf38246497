//! The compiler's middle and back: model → plan → module.
//!
//! `lower` has never seen a span. What reaches it is already right: it reports nothing but a model
//! too large for any memory. It knows no kind and no fault by name.

mod emit;
mod flatten;
mod flights;
pub mod meta;
pub mod model;
mod normalize;
mod passes;
pub mod plan;
pub mod sampler;
mod twin;

pub use emit::{Ahead, AheadOf, Emitted, Extent, Pool, TooLarge, bytes_in_flight, emit};
pub use flatten::flatten;
pub use normalize::normalize;
pub use passes::Passes;
pub use twin::{Twin, Vary, twin_of, undisturbed, varied, without_faults};

use meta::Meta;
use model::Model;
use plan::Plan;

/// A compiled model.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What the module was made from.
    pub plan: Plan,
    /// The module and what linking it took.
    pub module: Emitted,
}

/// Compiles a model to a module.
///
/// # Errors
/// If its state does not fit into the memory that a module can have.
pub fn compile(model: &Model) -> Result<Compiled, TooLarge> {
    compile_with(model, Passes::ALL)
}

/// Compiles a model to a module, by some passes only.
///
/// # Errors
/// As for [`compile`].
pub fn compile_with(model: &Model, passes: Passes) -> Result<Compiled, TooLarge> {
    let mut model = normalize(model);
    let fingerprint = meta::fingerprint_of(&mut model);
    let plan = flatten::flatten_normalized(&mut model, passes);
    let meta = Meta::with(fingerprint, &model, &plan);
    let module = emit::emit_with(&plan, meta, passes)?;
    Ok(Compiled { plan, module })
}
