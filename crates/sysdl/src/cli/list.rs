//! `sysdl list`: what the library and a file define.

use super::args::{ListArgs, Listed, ReportFormat};
use super::{OK, files, trouble};
use serde::Serialize;
use sysdl::reference::{self, BASE, FaultPage, KindPage, Property};
use sysdl::resolve::program::NoFiles;
use sysdl::resolve::{Analysis, analyze};

/// Lists kinds or faults.
pub fn list(args: &ListArgs) -> u8 {
    let analysis = match &args.file {
        Some(path) => match files::load(path) {
            Ok(analysis) => analysis,
            Err(code) => return code,
        },
        None => library(),
    };
    match args.what {
        Listed::Kinds => write(args.format, &reference::kinds(&analysis), kind, |page| page.markdown(None)),
        Listed::Faults => write(args.format, &reference::faults(&analysis), fault, |page| page.markdown(None)),
    }
}

/// The library, without a file of the user's.
pub fn library() -> Analysis {
    analyze("", b"sysdl 1\n", &NoFiles)
}

fn write<P: Serialize>(
    format: ReportFormat,
    pages: &[P],
    human: impl Fn(&P) -> String,
    markdown: impl Fn(&P) -> String,
) -> u8 {
    match format {
        ReportFormat::Json => match serde_json::to_string(pages) {
            Ok(text) => println!("{text}"),
            Err(error) => return trouble(error),
        },
        ReportFormat::Human => pages.iter().for_each(|page| println!("{}", human(page))),
        ReportFormat::Md => pages.iter().for_each(|page| println!("{}", markdown(page))),
    }
    OK
}

/// A kind for a terminal.
pub fn kind(page: &KindPage) -> String {
    let base = page.extends.as_ref().filter(|base| *base != BASE).map_or(String::new(), |base| format!(" : {base}"));
    entry(&format!("{}{base}", page.name), &page.doc, &page.properties)
}

/// A fault for a terminal.
pub fn fault(page: &FaultPage) -> String {
    let mut text = entry(&format!("{} on {}", page.name, page.on), &page.does, &page.properties);
    let elsewhere = page.elsewhere();
    let left_out = page.not_modelled.as_deref().unwrap_or_default();
    let known_as = page.known_as.join(", ");
    for (title, told) in [
        ("Strikes", page.strikes.as_str()),
        ("In flight", &page.in_flight),
        ("Mitigation", &page.mitigation),
        ("Not modelled", left_out),
        ("Known as", &known_as),
        ("Elsewhere", &elsewhere),
    ] {
        if !told.is_empty() {
            text.push_str(&format!("    {title:<14}{told}\n"));
        }
    }
    text
}

fn entry(title: &str, doc: &str, properties: &[Property]) -> String {
    let mut text = format!("{title}\n");
    for line in doc.lines() {
        text.push_str(&format!("    {line}\n"));
    }
    for Property { name, ty, default, doc, .. } in properties {
        let default = default.as_ref().map_or(String::new(), |default| format!(" = {default}"));
        text.push_str(&format!("      {name}: {ty}{default}   {doc}\n"));
    }
    text
}
