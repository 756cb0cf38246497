//! The simulation machine.
//!
//! Compiled twice: as a library, whose draws, tables and fact encoding the compiler, the reference executor and the page
//! share; and to `wasm32-unknown-unknown` with the feature `machine`, as the template that `sysdl-lower` links with the
//! generated handlers of one topology.
//!
//! It allocates nothing after `init`, reads no clock, draws nothing that the seed does not determine,
//! and calls no host function: not even for a logarithm.
#![no_std]

pub mod columns;
pub mod draw;
pub mod fact;
pub mod hashing;
pub mod histogram;
pub mod layout;
#[cfg(all(feature = "machine", target_arch = "wasm32"))]
pub mod machine;
pub mod mixture;
pub mod outcome;
pub mod shape;
pub mod zipf;

/// Version of what a program means. Changes with any change of a digest.
pub const SEMANTICS: &str = "1.1";

#[cfg(all(feature = "machine", target_arch = "wasm32"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
