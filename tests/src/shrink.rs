//! Makes a model that fails a test as small as it fails still.
//!
//! A model is taken apart as JSON: lists lose elements, what is optional is left out, numbers become small. What does not
//! read as a model any more, or does not fail any more, is not kept. Components and edges stay where they are, because
//! they are numbered; what nothing asks for becomes empty.

use crate::executions::{compare, in_v8};
use crate::text::text;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_lower::model::Model;

/// Most variants that are tried.
const ATTEMPTS_MAX: usize = 3_000;
/// Lists whose elements are numbered.
const NUMBERED: [&str; 4] = ["components", "edges", "endpoints", "triggers"];
/// Numbers that are worth making smaller.
const SIZES: [&str; 7] = ["duration_ns", "replicas", "servers", "max", "users", "Steady", "count"];

/// How two executions of a model differ, or how one of them does not do what it should; nothing, if all is well.
#[must_use]
pub fn failure(model: &Model) -> Option<String> {
    let found = catch_unwind(AssertUnwindSafe(|| match compare(model, true) {
        Err(why) => Some(kind(&why)),
        Ok((facts, wasm)) => in_v8(&[wasm]).is_ok_and(|found| found[0] != facts).then(|| "V8".to_owned()),
    }));
    // A model that no resolver makes may end an execution: that is not what is looked for.
    found.unwrap_or(None)
}

/// What a failure has in common with that of a smaller model: the column that differs, not whose it is, nor when.
fn kind(why: &str) -> String {
    let what = why.split(" of ").next().unwrap_or(why);
    what.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// The smallest model found that still fails.
#[must_use]
pub fn smallest(model: &Model, fails: impl Fn(&Model) -> bool) -> Model {
    let mut best = serde_json::to_value(model).unwrap_or_default();
    let mut left = ATTEMPTS_MAX;
    loop {
        let before = best.clone();
        let mut paths = Vec::new();
        collect(&best, &mut Vec::new(), &mut paths);
        for path in paths {
            for smaller in variants(&best, &path) {
                if left == 0 {
                    break;
                }
                let Ok(candidate) = serde_json::from_value::<Model>(smaller.clone()) else { continue };
                left -= 1;
                if fails(&candidate) {
                    best = smaller;
                    break;
                }
            }
        }
        if best == before || left == 0 {
            return serde_json::from_value(best).unwrap_or_else(|_| model.clone());
        }
    }
}

/// A step from a value to one inside it.
#[derive(Clone, Debug)]
enum At {
    Key(String),
    Index(usize),
}

/// Every place of a value, outer ones first, later elements of a list before earlier ones.
fn collect(value: &Value, path: &mut Vec<At>, paths: &mut Vec<Vec<At>>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                path.push(At::Key(key.clone()));
                paths.push(path.clone());
                collect(inner, path, paths);
                path.pop();
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate().rev() {
                path.push(At::Index(index));
                paths.push(path.clone());
                collect(inner, path, paths);
                path.pop();
            }
        }
        _ => {}
    }
}

/// The value with something less at a place.
fn variants(value: &Value, path: &[At]) -> Vec<Value> {
    let (Some(last), list) = (path.last(), name_of_list(path)) else { return Vec::new() };
    let mut found = Vec::new();
    let mut put = |change: &dyn Fn(&mut Value)| {
        let mut changed = value.clone();
        if let Some(parent) = inside(&mut changed, &path[..path.len() - 1]) {
            change(parent);
            if changed != *value {
                found.push(changed);
            }
        }
    };
    match last {
        At::Index(index) if !list.is_some_and(|name| NUMBERED.contains(&name)) => put(&|parent| {
            if let Value::Array(list) = parent
                && *index < list.len()
            {
                list.remove(*index);
            }
        }),
        At::Index(_) => {}
        At::Key(key) => {
            put(&|parent| {
                if let Value::Object(fields) = parent {
                    fields.remove(key);
                }
            });
            put(&|parent| parent[key] = if parent[key].is_array() { Value::Array(Vec::new()) } else { Value::Null });
            if SIZES.contains(&key.as_str()) {
                for divisor in [8, 2] {
                    put(&|parent| {
                        if let Some(number) = parent[key].as_u64() {
                            parent[key] = (number / divisor).max(1).into();
                        }
                    });
                }
            }
        }
    }
    found
}

/// The key of the list that the last step is an element of.
fn name_of_list(path: &[At]) -> Option<&str> {
    match path.iter().rev().nth(1) {
        Some(At::Key(key)) => Some(key),
        _ => None,
    }
}

fn inside<'v>(value: &'v mut Value, path: &[At]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        At::Key(key) => value.get_mut(key),
        At::Index(index) => value.get_mut(*index),
    })
}

/// The smallest model found that still fails, as a text of the language, or, where that cannot say it, as JSON.
#[must_use]
pub fn shrunk(model: &Model, fails: impl Fn(&Model) -> bool) -> String {
    let model = smallest(model, &fails);
    let said = text(&model);
    if let Ok(text) = &said
        && resolved(text).is_some_and(|model| fails(&model))
    {
        return text.clone();
    }
    let why = said.err().unwrap_or_else(|| "what the text means does not fail".to_owned());
    format!("// The language cannot say it: {why}\n{}", serde_json::to_string_pretty(&model).unwrap_or_default())
}

/// What a text means, if it is right.
#[must_use]
pub fn resolved(text: &str) -> Option<Model> {
    analyze("shrunk.sysdl", text.as_bytes(), &NoFiles).resolve("steady", &[]).model
}
