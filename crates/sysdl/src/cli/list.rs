//! `sysdl list`: what the library and a file define.

use super::args::{ListArgs, Listed, ReportFormat};
use super::{OK, files};
use serde_json::{Value, json};
use sysdl::resolve::kinds::ENDPOINT_WORDS;
use sysdl::resolve::program::{FaultDef, KindDef, NoFiles, Program};
use sysdl::resolve::{Analysis, analyze};
use sysdl::syntax::ast::{Declare, Expr, Node};

/// What every kind extends; not a kind to use by itself.
const BASE: &str = "component";

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
        Listed::Kinds => kinds(&analysis),
        Listed::Faults => faults(&analysis),
    };
    if args.format == ReportFormat::Json {
        println!("{}", Value::Array(rows));
        return OK;
    }
    for row in &rows {
        let title = row["name"].as_str().unwrap_or("");
        let base =
            row["extends"].as_str().filter(|base| *base != BASE).map_or(String::new(), |base| format!(" : {base}"));
        let on = row["on"].as_str().map_or(String::new(), |on| format!(" on {on}"));
        println!("{title}{base}{on}");
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

fn kinds(analysis: &Analysis) -> Vec<Value> {
    let program = &analysis.program;
    let mut names: Vec<&String> = program.kinds.keys().filter(|name| *name != BASE).collect();
    names.sort();
    names
        .iter()
        .map(|name| {
            let def = &program.kinds[*name];
            json!({
                "name": name,
                "extends": def.kind.base.as_ref().map(|base| base.dotted()),
                "doc": def.docs.join("\n"),
                "own": def.own,
                "properties": properties(analysis, name),
                "endpoints": endpoints(program, name),
            })
        })
        .collect()
}

/// Definitions from the kind up to what everything extends.
fn chain<'p>(program: &'p Program, name: &str) -> Vec<&'p KindDef> {
    let mut found: Vec<&KindDef> = Vec::new();
    let mut next = program.kinds.get(name);
    while let Some(def) = next.filter(|def| found.iter().all(|seen| !std::ptr::eq(*seen, *def))) {
        found.push(def);
        next = def.kind.base.as_ref().and_then(|base| program.kinds.get(&base.dotted()));
    }
    found
}

/// What a component of the kind can set, the kind's own first, with the defaults that hold for it.
fn properties(analysis: &Analysis, name: &str) -> Vec<Value> {
    let chain = chain(&analysis.program, name);
    let text = |expr: &Expr| analysis.sources.text(expr.span).to_owned();
    let assigned = |property: &str| {
        let assigns = chain.iter().flat_map(|def| &def.kind.body.statements).filter_map(|s| match &s.node {
            Node::Assign(assign) => Some(assign),
            _ => None,
        });
        assigns.into_iter().find(|assign| assign.target.dotted() == property).map(|assign| text(&assign.value))
    };
    let mut rows: Vec<Value> = Vec::new();
    for statement in chain.iter().flat_map(|def| &def.kind.body.statements) {
        let Node::Declare(declare) = &statement.node else { continue };
        if rows.iter().all(|row| row["name"] != declare.name.text) {
            let default = assigned(&declare.name.text).or_else(|| declare.default.as_ref().map(text));
            rows.push(property(declare, &statement.docs, default));
        }
    }
    rows
}

fn endpoints(program: &Program, name: &str) -> Vec<String> {
    let mut names = Vec::new();
    for statement in chain(program, name).iter().flat_map(|def| &def.kind.body.statements) {
        if let Node::Item(item) = &statement.node
            && ENDPOINT_WORDS.contains(&item.kind.dotted().as_str())
            && !names.contains(&item.name.text)
        {
            names.push(item.name.text.clone());
        }
    }
    names
}

fn property(declare: &Declare, docs: &[String], default: Option<String>) -> Value {
    let choices: Vec<String> = declare.ty_args.iter().filter_map(|arg| arg.word()).collect();
    let choices = if choices.is_empty() { String::new() } else { format!("({})", choices.join(", ")) };
    json!({
        "name": declare.name.text,
        "type": format!("{}{choices}{}", declare.ty.text, if declare.optional { "?" } else { "" }),
        "doc": docs.join(" "),
        "default": default.or_else(|| declare.optional.then(|| "none".to_owned())),
    })
}

fn faults(analysis: &Analysis) -> Vec<Value> {
    // What `later` names has no meaning yet.
    let is_later = |name: &str, def: &FaultDef| {
        def.body.statements.iter().any(|statement| {
            matches!(&statement.node, Node::Bare(_, args) if args.iter().any(|arg| arg.word().as_deref() == Some(name)))
        })
    };
    let known = analysis.program.faults.iter().filter(|(name, def)| !is_later(name, def));
    let mut names: Vec<&String> = known.map(|(name, _)| name).collect();
    names.sort();
    let default = |param: &Declare| param.default.as_ref().map(|expr| analysis.sources.text(expr.span).to_owned());
    names
        .iter()
        .map(|name| {
            let def = &analysis.program.faults[*name];
            json!({
                "name": name,
                "on": def.target.text,
                "doc": def.docs.join("\n"),
                "own": def.own,
                "properties": def.params.iter().map(|param| property(param, &[], default(param))).collect::<Vec<_>>(),
            })
        })
        .collect()
}
