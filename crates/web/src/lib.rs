//! The page: its files, the compiler that runs in it, and how they become a site.
//!
//! `page/` is served as it is written, but for what only people read, and what is loaded first is one file. `compiler/` is the front end and the linker as WebAssembly, which the build script
//! makes; `site` puts both together, as a folder of files with lasting names or as one file.

#[cfg(test)]
mod gathered;
mod imports;
#[cfg(test)]
mod lean;
mod single;
mod site;

pub use single::single;
pub use site::{Asset, Site, mime};

/// A file of the page as it is served.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Where it lies, seen from `index.html`.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// All files of the page without comments and needless white space, in the order of their paths.
pub static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The compiler as WebAssembly.
pub static COMPILER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/compiler.wasm"));

/// Blueprints, in the order of their names.
pub static BLUEPRINTS: &[File] = include!(concat!(env!("OUT_DIR"), "/blueprints.rs"));
