//! `sysdl explain`: the page of a diagnostic, a kind or a fault; what a distribution is like.

use super::args::{ExplainArgs, ReportFormat};
use super::files::Disk;
use super::{FINDINGS, OK, list, trouble};
use sysdl::resolve::explained::{self, Bin, Explained};
use sysdl::units;
use sysdl::{codes, diagnostic, reference};

/// Columns of the longest bar.
const BAR: f64 = 40.0;

/// Prints the page of a code, a kind or a fault; all codes with their titles without one.
pub fn explain(args: &ExplainArgs) -> u8 {
    let Some(name) = &args.name else {
        for code in codes::ALL {
            println!("{}  {}", code.id, code.title);
        }
        return OK;
    };
    if let Some(code) = codes::find(name) {
        println!("{}: {}\n\n{}", code.id, code.title, code.page);
        return OK;
    }
    if name.contains(['(', ' ']) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return distribution(name, args.format);
    }
    let library = list::library();
    let (kinds, faults) = (reference::kinds(&library), reference::faults(&library));
    if let Some(kind) = kinds.iter().find(|page| page.name == *name) {
        println!(
            "{}\nEndpoints  {}\nFaults     {}",
            list::kind(kind),
            kind.endpoints.join(", "),
            kind.faults.join(", ")
        );
        return OK;
    }
    if let Some(fault) = faults.iter().find(|page| page.name == *name) {
        return tell(fault, args.format);
    }
    let known = kinds.iter().map(|page| page.name.as_str()).chain(faults.iter().map(|page| page.name.as_str()));
    let help = diagnostic::nearest(name, known).map_or_else(
        || "`sysdl explain` lists diagnostics, `sysdl list` kinds and faults".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    trouble(format!("nothing is called `{name}`; {help}"))
}

/// The page of a fault.
fn tell(fault: &reference::FaultPage, format: ReportFormat) -> u8 {
    match format {
        ReportFormat::Human => println!("{}", list::fault(fault)),
        ReportFormat::Md => println!("{}", fault.markdown(None)),
        ReportFormat::Json => match serde_json::to_string_pretty(fault) {
            Ok(json) => println!("{json}"),
            Err(error) => return trouble(error),
        },
    }
    OK
}

/// What a distribution is like, or what is wrong with it.
fn distribution(text: &str, format: ReportFormat) -> u8 {
    let explained = match explained::explain(text, &Disk) {
        Ok(explained) => explained,
        Err(wrong) => {
            for diagnostic in wrong {
                let help = diagnostic.help.map_or(String::new(), |help| format!("\n  help: {help}"));
                eprintln!("error[{}]: {}{help}", diagnostic.code.id, diagnostic.message);
            }
            return FINDINGS;
        }
    };
    if format == ReportFormat::Json {
        match serde_json::to_string_pretty(&explained) {
            Ok(json) => println!("{json}"),
            Err(error) => return trouble(error),
        }
    } else {
        print!("{}", human(&explained));
    }
    OK
}

fn human(of: &Explained) -> String {
    let show = |value: f64| if of.unit == "s" { units::duration(value * 1e9) } else { units::trimmed(value) };
    let mut text = format!("{}\n\n{:<12}{:>14}{:>14}\n", of.distribution, "", "by formula", "as sampled");
    let mut line = |name: &str, formula: Option<String>, sampled: String| {
        let formula = formula.unwrap_or_else(|| "none".to_owned());
        text.push_str(&format!("{name:<12}{formula:>14}{sampled:>14}\n"));
    };
    line("mean", of.formula.map(|m| show(m.mean)), show(of.sampled.mean));
    line("deviation", of.formula.map(|m| show(m.deviation)), show(of.sampled.deviation));
    line("cv", of.formula.map(|m| units::trimmed(m.cv)), units::trimmed(of.sampled.cv));
    for (name, value) in [("p50", of.p50), ("p95", of.p95), ("p99", of.p99), ("p99.9", of.p999)] {
        text.push_str(&format!("{name:<12}{:>14}{:>14}\n", "", show(value)));
    }
    text.push('\n');
    let most = of.shape.iter().map(|bin| bin.share).fold(0.0, f64::max);
    let bar = |bin: &Bin| "#".repeat((BAR * bin.share / most.max(f64::MIN_POSITIVE)).round() as usize);
    for bin in &of.shape {
        text.push_str(&format!("{:>11}  {:>5.1}%  {}\n", show(bin.to), bin.share * 100.0, bar(bin)));
    }
    text
}
