//! A scenario beside its twin: both compiled, both run under the same seed, both filmed.

use super::files;
use super::run::BUILT_IN;
use super::trouble;
use std::path::Path;
use sysdl::resolve::Analysis;
use sysdl_lower::model::Model;
use sysdl_lower::{compile, twin_of};
use sysdl_runtime::guest::Prepared;
use sysdl_runtime::{Limits, Trace, drive_filmed, why};

/// A run and what it is compared with.
pub struct Pair {
    /// The scenario.
    pub run: Trace,
    /// Its twin.
    pub twin: Trace,
    /// What the twin is.
    pub twin_is: &'static str,
}

/// The file that is named, or the built-in shop.
pub fn analysis(path: Option<&Path>) -> Result<(Analysis, String), u8> {
    match path {
        Some(path) => Ok((files::load(path)?, path.display().to_string())),
        None => Ok((sysdl::resolve::analyze("shop.sysdl", BUILT_IN.as_bytes(), &files::Disk), "shop.sysdl".to_owned())),
    }
}

/// Runs a module, with a film of it.
pub fn filmed(model: &Model, seed: u64, limits: Limits, frame_ns: Option<u64>) -> Result<Trace, u8> {
    let prepared = Prepared::new(&compile(model).map_err(trouble)?.module.bytes).map_err(trouble)?;
    let mut guest = prepared.instantiate().map_err(trouble)?;
    let meta = prepared.meta();
    let frame_ns = frame_ns.unwrap_or_else(|| why::frame_ns(meta.duration_ns, meta.row_words()));
    drive_filmed(&mut guest, meta, seed, limits, frame_ns, |_| true).map_err(trouble)
}

/// Runs a model and its twin at the same time.
pub fn run(model: &Model, seed: u64, limits: Limits) -> Result<Pair, u8> {
    let (other, kind) = twin_of(model);
    let (run, twin) = rayon::join(|| filmed(model, seed, limits, None), || filmed(&other, seed, limits, None));
    Ok(Pair { run: run?, twin: twin?, twin_is: kind.words() })
}
