//! `sysdl build`: the module of a scenario, or a stage on the way to it.

use super::args::{BuildArgs, Stage};
use super::{OK, files, trouble};
use sysdl_lower::plan::{OpKind, Plan};
use sysdl_lower::{AheadOf, Compiled, Passes, compile_with};

/// Builds.
pub fn build(args: &BuildArgs) -> u8 {
    match try_build(args) {
        Ok(()) => OK,
        Err(code) => code,
    }
}

fn try_build(args: &BuildArgs) -> Result<(), u8> {
    let analysis = files::load(&args.file)?;
    if args.emit == Some(Stage::Ast) {
        files::show(&analysis.syntax, &analysis.sources);
        let (file, _) = sysdl::syntax::parse(&files::read(&args.file)?, sysdl::syntax::span::FileId(0));
        println!("{file:#?}");
        return Ok(());
    }
    let name = files::scenario(&analysis, args.scenario.as_deref())?;
    let resolved = files::usable(analysis.resolve(&name, &files::overrides(&args.set)?), &analysis.sources)?;
    let Some(mut model) = resolved.model else { return Err(trouble("the file has no model")) };
    model.interactive = args.interactive;
    if args.emit == Some(Stage::Model) {
        println!("{}", serde_json::to_string_pretty(&model).map_err(trouble)?);
        return Ok(());
    }
    let passes = if args.plain { Passes::NONE } else { Passes::ALL };
    let compiled = compile_with(&model, passes).map_err(trouble)?;
    if args.explain {
        explain(&compiled);
    }
    match args.emit {
        Some(Stage::Plan) => println!("{}", serde_json::to_string_pretty(&compiled.plan).map_err(trouble)?),
        Some(Stage::Wat) => {
            let text =
                wasmprinter::print_bytes(&compiled.module.bytes).map_err(|error| trouble(format!("{error:#}")))?;
            println!("{text}");
        }
        _ => {
            let output = args.output.clone().unwrap_or_else(|| args.file.with_extension("wasm"));
            std::fs::write(&output, &compiled.module.bytes)
                .map_err(|error| trouble(format!("cannot write {}: {error}", output.display())))?;
            eprintln!("{}: {} bytes, scenario {name}", output.display(), compiled.module.bytes.len());
        }
    }
    Ok(())
}

/// What became of the model on its way to the module, in words.
fn explain(compiled: &Compiled) {
    let Compiled { plan, module } = compiled;
    let count = |kind: OpKind| plan.ops.kind.iter().filter(|k| **k == kind).count();
    let (linked, left_out) = module.kernel_functions;
    eprintln!(
        "plan      {} components, {} edges, {} operations",
        plan.components.name.len(),
        plan.edges.name.len(),
        plan.ops.kind.len()
    );
    eprintln!(
        "sharing   {} distributions, {} policies after equal ones were merged",
        plan.distributions.shape.len(),
        plan.policies.timeout_ns.len()
    );
    eprintln!("folding   {} parameters stay live: {}", plan.slots.name.len(), live(plan));
    eprintln!(
        "labels    {} of {} operations are entered from elsewhere; the others are in line",
        module.labels,
        plan.ops.kind.len()
    );
    for AheadOf { source, points, straight, ways } in &module.ahead.sources {
        let through =
            if *straight > 0 { format!(", {straight} of them known when it is created") } else { String::new() };
        eprintln!(
            "ahead     requests of `{source}` are resolved ahead: {ways} ways, the order of events matters at {points} points{through}"
        );
    }
    for (name, why) in &module.ahead.obstacles {
        eprintln!("events    `{name}`: {why}");
    }
    eprintln!("features  {} kernel functions linked, {left_out} that nothing reaches left out", linked);
    eprintln!(
        "steps     {} work, {} call, {} branch, {} lookup by key",
        count(OpKind::Work),
        count(OpKind::Call),
        count(OpKind::Branch),
        count(OpKind::HitKey)
    );
    eprintln!(
        "memory    {} KiB of rows, {} MiB reserved and touched as needed, most of it for {}, {} of them in flight at most",
        module.row_bytes / 1024,
        module.pages / 16,
        module.mostly,
        plan.run.frames_max
    );
}

fn live(plan: &Plan) -> String {
    if plan.slots.name.is_empty() { "everything is constant".to_owned() } else { plan.slots.name.join(", ") }
}
