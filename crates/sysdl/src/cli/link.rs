//! `sysdl link`: a file as a link, and links as what is run.

use super::args::{LinkArgs, RunArgs};
use super::{OK, files, trouble};
use sysdl::codes;
use sysdl::resolve::program::NoFiles;
use sysdl::resolve::{Analysis, analyze};
use sysdl::service::splice;
use sysdl::share::{Share, decode, encode};

/// Prints a link.
pub fn link(args: &LinkArgs) -> u8 {
    match try_link(args) {
        Ok(()) => OK,
        Err(code) => code,
    }
}

fn try_link(args: &LinkArgs) -> Result<(), u8> {
    let analysis = files::load(&args.file)?;
    if let Some(name) = &args.scenario {
        files::scenario(&analysis, Some(name))?;
    }
    let source = String::from_utf8(files::read(&args.file)?).map_err(trouble)?;
    let share = Share {
        source,
        scenario: args.scenario.clone(),
        seed: args.seed,
        inputs: files::overrides(&args.set)?,
        lines: Vec::new(),
        time_ns: args.at.as_deref().map(super::length::duration).transpose()?,
        view: args.view.clone(),
    };
    // What runs here has to run there. A waiver that is idle keeps nothing from running.
    let wrong = |analysis: &Analysis| analysis.check().iter().any(|d| d.is_error() && d.code.id != codes::E0113.id);
    if wrong(&self::analysis(&share)) && !wrong(&analysis) {
        return Err(trouble("it reads other files, and a link holds only one: put what it imports into it"));
    }
    println!("{}{}", args.base, encode(&share).map_err(trouble)?);
    Ok(())
}

/// What a link given instead of a file holds.
///
/// # Errors
/// If it cannot be read.
pub fn given(args: &RunArgs) -> Result<Option<Share>, u8> {
    let text = args.file.as_ref().and_then(|path| path.to_str());
    let is_link = |text: &&str| text.starts_with('#') || text.contains("://") && text.contains('#');
    text.filter(is_link).map(|text| decode(text).map_err(trouble)).transpose()
}

/// The arguments of a run with what a link says, where they do not say something else.
#[must_use]
pub fn arguments(args: &RunArgs, share: &Share) -> RunArgs {
    let mut args = args.clone();
    if !args.all {
        args.scenario = args.scenario.or_else(|| share.scenario.clone());
    }
    if args.seeds.is_none() && args.until.is_none() {
        args.seed = args.seed.or(share.seed);
    }
    args.set.splice(0..0, share.inputs.iter().map(|(path, value)| format!("{path}={value}")));
    args
}

/// The text of a link, analyzed, with what was done to the run written into its scenario. It is alone in the world.
#[must_use]
pub fn analysis(share: &Share) -> Analysis {
    let plain = analyze("link", share.source.as_bytes(), &NoFiles);
    let scenario =
        share.scenario.clone().or_else(|| plain.scenarios().into_iter().next().map(|scenario| scenario.name));
    match scenario.map(|scenario| splice(&share.source, &scenario, &share.lines)) {
        Some(Ok(source)) if !share.lines.is_empty() => analyze("link", source.as_bytes(), &NoFiles),
        Some(Err(wrong)) => {
            eprintln!("warning: what was done by hand is left out: {wrong}");
            plain
        }
        _ => plain,
    }
}
