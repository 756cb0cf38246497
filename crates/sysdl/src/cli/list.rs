//! `sysdl list`: what the library and a file define.

use super::args::{ListArgs, Listed, ReportFormat};
use super::{OK, files};
use serde_json::{Value, json};
use sysdl::resolve::program::{NoFiles, Program};
use sysdl::resolve::{Analysis, analyze};
use sysdl::syntax::ast::{Declare, Node};

/// Lists kinds or faults.
pub fn list(args: &ListArgs) -> u8 {
    let analysis = match &args.file {
        Some(path) => match files::load(path) {
            Ok(analysis) => analysis,
            Err(code) => return code,
        },
        None => analyze("", b"sysdl 1\n", &NoFiles),
    };
    let rows = match args.what {
        Listed::Kinds => kinds(&analysis.program),
        Listed::Faults => faults(&analysis),
    };
    if args.format == ReportFormat::Json {
        println!("{}", Value::Array(rows));
        return OK;
    }
    for row in &rows {
        let title = row["name"].as_str().unwrap_or("");
        println!("{title}");
        for line in row["doc"].as_str().unwrap_or("").lines() {
            println!("    {line}");
        }
        for property in row["properties"].as_array().into_iter().flatten() {
            let text = |key: &str| property[key].as_str().unwrap_or("").to_owned();
            let default = if text("default").is_empty() { String::new() } else { format!(" = {}", text("default")) };
            println!("      {}: {}{default}   {}", text("name"), text("type"), text("doc"));
        }
        println!();
    }
    OK
}

fn kinds(program: &Program) -> Vec<Value> {
    let mut names: Vec<&String> = program.kinds.keys().filter(|name| *name != "component").collect();
    names.sort();
    names
        .iter()
        .map(|name| {
            let def = &program.kinds[*name];
            let properties: Vec<Value> = def
                .kind
                .body
                .statements
                .iter()
                .filter_map(|statement| match &statement.node {
                    Node::Declare(declare) => Some(property(declare, &statement.docs)),
                    _ => None,
                })
                .collect();
            json!({
                "name": name,
                "extends": def.kind.base.as_ref().map(|base| base.dotted()),
                "doc": def.docs.join("\n"),
                "own": def.own,
                "properties": properties,
            })
        })
        .collect()
}

fn property(declare: &Declare, docs: &[String]) -> Value {
    json!({
        "name": declare.name.text,
        "type": format!("{}{}", declare.ty.text, if declare.optional { "?" } else { "" }),
        "doc": docs.join(" "),
        "default": "",
    })
}

fn faults(analysis: &Analysis) -> Vec<Value> {
    let mut names: Vec<&String> = analysis.program.faults.keys().collect();
    names.sort();
    names
        .iter()
        .map(|name| {
            let def = &analysis.program.faults[*name];
            json!({
                "name": name,
                "on": def.target.text,
                "doc": def.docs.join("\n"),
                "properties": def.params.iter().map(|param| property(param, &[])).collect::<Vec<_>>(),
            })
        })
        .collect()
}
