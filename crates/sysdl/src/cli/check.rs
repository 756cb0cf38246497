//! `sysdl check`: every mistake in some files.

use super::args::{CheckArgs, FindingsFormat};
use super::{FINDINGS, OK, files, trouble};
use sysdl::diagnostic::{Diagnostic, Severity};
use sysdl::render;

/// Checks files.
pub fn check(args: &CheckArgs) -> u8 {
    let deny = match args.deny.as_deref() {
        None => false,
        Some("warnings") => true,
        Some(other) => return trouble(format!("`--deny {other}`: only `warnings` can be denied")),
    };
    let paths = match files::find(&args.files) {
        Ok(paths) => paths,
        Err(code) => return code,
    };
    let mut findings = false;
    let mut clean = 0;
    for path in &paths {
        let analysis = match files::load(path) {
            Ok(analysis) => analysis,
            Err(code) => return code,
        };
        let found = analysis.check();
        findings |= found.iter().any(|d| deny || d.code.severity() == Severity::Error);
        clean += usize::from(found.is_empty());
        print(&found, &analysis.sources, args.format);
    }
    if args.format == FindingsFormat::Human && clean > 0 {
        eprintln!("{clean} file{} without a finding", if clean == 1 { "" } else { "s" });
    }
    if findings { FINDINGS } else { OK }
}

fn print(found: &[Diagnostic], sources: &sysdl::syntax::span::Sources, format: FindingsFormat) {
    match format {
        FindingsFormat::Human => files::show(found, sources),
        FindingsFormat::Short => print!("{}", render::short(found, sources)),
        FindingsFormat::Json => println!("{}", render::json(found, sources)),
        FindingsFormat::Github => print!("{}", render::github(found, sources)),
        FindingsFormat::Sarif => println!("{}", render::sarif(found, sources)),
    }
}
