//! The page with what it opens: the blueprints, and perhaps a file.

use super::files;
use super::run::BUILT_IN;
use serde_json::{Value, json};
use std::path::Path;
use sysdl::page::{Message, Session};
use sysdl::resolve::program::NoFiles;
use sysdl::resolve::{Analysis, analyze};
use sysdl_web::Asset;

/// Components up to which a blueprint is for a first look, and for a second.
const FIRST: usize = 4;
const SECOND: usize = 7;

/// What a page gets besides its own files: the blueprints, what it shows first, and the file that it opens.
///
/// # Errors
/// If the file cannot be read.
pub fn assets(file: Option<&Path>, watched: bool) -> Result<Vec<Asset>, u8> {
    let blueprints: Vec<Value> = sysdl_web::BLUEPRINTS.iter().map(|file| blueprint(file.path, file.bytes)).collect();
    let mut assets =
        vec![Asset { name: "blueprints.json".to_owned(), bytes: Value::from(blueprints).to_string().into_bytes() }];
    let Some(file) = file else {
        assets.extend(first("shop", BUILT_IN));
        return Ok(assets);
    };
    let source = files::read(file)?;
    assets.extend(first(&name_of(file), &String::from_utf8_lossy(&source)));
    assets.push(Asset { name: "given.json".to_owned(), bytes: given(file, &source, watched) });
    Ok(assets)
}

fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(|| "model".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// What a page shows first, compiled ahead: the file that it opens, or the shop. Nothing if that does not compile.
#[must_use]
pub fn first(name: &str, source: &str) -> Option<Asset> {
    let question = Message { json: json!({ "op": "load", "source": source }), bytes: Vec::new() };
    let mut answer = Session::default().answer(&question.write());
    if !answer.json["error"].is_null() {
        return None;
    }
    answer.json["name"] = name.into();
    answer.json["source"] = source.into();
    Some(Asset { name: "first.bin".to_owned(), bytes: answer.write() })
}

/// The file that a page opens first.
#[must_use]
pub fn given(path: &Path, source: &[u8], watched: bool) -> Vec<u8> {
    json!({ "name": name_of(path), "source": String::from_utf8_lossy(source), "watched": watched })
        .to_string()
        .into_bytes()
}

fn blueprint(path: &str, source: &[u8]) -> Value {
    let analysis = analyze(path, source, &NoFiles);
    let scenarios = analysis.scenarios();
    let title = analysis.program.systems.first().and_then(|system| system.title.clone());
    let listed: Vec<Value> = scenarios.iter().map(|s| json!({ "name": s.name, "title": s.title })).collect();
    let name = path.trim_end_matches(".sysdl");
    json!({
        "name": name,
        "title": title.unwrap_or_else(|| name.replace('_', " ")),
        "difficulty": difficulty(&analysis),
        "scenarios": listed,
        "source": String::from_utf8_lossy(source),
    })
}

/// A system of few parts is understood first.
fn difficulty(analysis: &Analysis) -> &'static str {
    let scenarios = analysis.scenarios();
    let model = scenarios.first().and_then(|scenario| analysis.resolve(&scenario.name, &[]).model);
    let components = model.map_or(0, |model| model.components.len());
    if components <= FIRST {
        "first look"
    } else if components <= SECOND {
        "a system"
    } else {
        "a large system"
    }
}
