//! Questions about a text.

use super::run::first_scenario;
use super::{Message, number, seed, text};
use crate::resolve::analyze;
use crate::resolve::program::NoFiles;
use crate::share::{self, Share, ShareError};
use crate::{codes, service};
use serde::Serialize;
use serde_json::{Value, json};

/// Answers one.
pub(super) fn answer(op: &str, question: &Value, bytes: &[u8]) -> Result<Message, String> {
    match op {
        "link" => link(question),
        "packed" => packed(text(question, "fragment")?),
        "fragment" => Ok(json!({ "fragment": share::fragment(bytes).map_err(words)? }).into()),
        "open" => open(question["damaged"] == true, bytes).map(Message::from),
        "explain" => explain(text(question, "code")?).map(Message::from),
        _ => of_source(op, text(question, "source")?, question).map(Message::from),
    }
}

fn of_source(op: &str, source: &str, question: &Value) -> Result<Value, String> {
    let scenario = || question["scenario"].as_str().map_or_else(|| first_scenario(source), str::to_owned);
    let at = || number(question, "at").map(|at| at as u32);
    match op {
        "check" => value(service::check(source)),
        "hover" => value(service::hover(source, at()?)),
        "complete" => value(service::complete(source, at()?)),
        "definition" => value(service::definition(source, at()?)),
        "references" => value(service::references(source, at()?)),
        "rename" => {
            let edits = service::rename(source, at()?, text(question, "to")?)?;
            Ok(json!({ "edits": edits }))
        }
        "format" => Ok(json!({ "source": service::format(source)? })),
        "symbols" => value(service::symbols(source)),
        "faults" => {
            let analysis = analyze("model.sysdl", source.as_bytes(), &NoFiles);
            value(service::faults_for(&analysis, &scenario(), text(question, "component")?))
        }
        "splice" => {
            let lines = question["inputs"].as_array().into_iter().flatten();
            let inputs: Vec<String> = lines.filter_map(|line| line.as_str().map(str::to_owned)).collect();
            Ok(json!({ "source": service::splice(source, &scenario(), &inputs)? }))
        }
        _ => Err(format!("there is no question `{op}`")),
    }
}

fn value(answer: impl Serialize) -> Result<Value, String> {
    serde_json::to_value(answer).map_err(|error| error.to_string())
}

fn explain(id: &str) -> Result<Value, String> {
    let code = codes::find(id).ok_or_else(|| format!("there is no code `{id}`"))?;
    Ok(json!({ "title": code.title, "markdown": code.page }))
}

/// The content of a link, as bytes: the page packs them, and asks for the `fragment`.
fn link(question: &Value) -> Result<Message, String> {
    let word = |name: &str| question[name].as_str().map(str::to_owned);
    let inputs = question["inputs"].as_array().into_iter().flatten().filter_map(|line| line.as_str());
    let share = Share {
        source: text(question, "source")?.to_owned(),
        scenario: word("scenario"),
        seed: seed(question),
        inputs: Vec::new(),
        lines: inputs.map(str::to_owned).collect(),
        time_ns: question["at_ns"].as_u64(),
        view: word("view"),
    };
    Ok(Message { json: json!({}), bytes: share::content(&share).map_err(words)? })
}

/// What is packed in a fragment, as bytes: the page unpacks no more of them than `most`, and asks what they `open`.
fn packed(fragment: &str) -> Result<Message, String> {
    let bytes = share::packed(fragment).map_err(words)?;
    Ok(Message { json: json!({ "most": share::TEXT_MAX }), bytes })
}

/// What the content of a link says; `damaged`: it could not be unpacked.
fn open(damaged: bool, content: &[u8]) -> Result<Value, String> {
    let share = if damaged { Err(ShareError::Damaged) } else { share::opened(content) }.map_err(words)?;
    Ok(json!({
        "source": share.source,
        "scenario": share.scenario,
        "seed": share.seed.map(|seed| seed.to_string()),
        "inputs": share.lines,
        "set": share.inputs,
        "at_ns": share.time_ns,
        "view": share.view,
    }))
}

fn words(error: ShareError) -> String {
    error.to_string()
}
