//! What the page asks of the compiler: text in, modules, words and reports out.
//!
//! A question is a JSON object with its `op`, perhaps followed by bytes; so is an answer. The same code answers in the
//! browser and, for what is prepared ahead, natively.

mod memory;
mod run;
mod scene;
mod words;

use run::Run;
use serde_json::{Value, json};

/// A JSON object and the bytes that belong to it.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// What is said.
    pub json: Value,
    /// A module, or parts of a memory.
    pub bytes: Vec<u8>,
}

impl Message {
    /// Reads a message: the length of its JSON as a little-endian `u32`, the JSON, the bytes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<(Value, &[u8]), String> {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or("a message begins with a length")?;
        let length = u32::from_le_bytes(*length) as usize;
        let (text, bytes) = rest.split_at_checked(length).ok_or("a message is cut off")?;
        let json = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        Ok((json, bytes))
    }

    /// As [`Message::read`] reads it.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let text = self.json.to_string();
        let mut all = Vec::with_capacity(4 + text.len() + self.bytes.len());
        all.extend_from_slice(&(text.len() as u32).to_le_bytes());
        all.extend_from_slice(text.as_bytes());
        all.extend_from_slice(&self.bytes);
        all
    }
}

impl From<Value> for Message {
    fn from(json: Value) -> Self {
        Self { json, bytes: Vec::new() }
    }
}

/// Runs that are watched, by number; none where one was closed.
#[derive(Debug, Default)]
pub struct Session {
    runs: Vec<Option<Run>>,
}

impl Session {
    /// Answers a question. What cannot be answered is an object with `error`, and where a text is wrong `diagnostics`.
    pub fn answer(&mut self, question: &[u8]) -> Message {
        let answered = Message::read(question).and_then(|(question, bytes)| self.ask(&question, bytes));
        answered.unwrap_or_else(|error| json!({ "error": error }).into())
    }

    fn ask(&mut self, question: &Value, bytes: &[u8]) -> Result<Message, String> {
        let op = text(question, "op")?;
        match op {
            "load" => run::load(question, &mut self.runs),
            "stop" | "drain" | "rewind" | "report" => {
                let run = self.runs.get_mut(number(question, "run")? as usize);
                run.and_then(Option::as_mut).ok_or("there is no such run")?.observe(op, question, bytes)
            }
            "close" => {
                if let Some(run) = self.runs.get_mut(number(question, "run")? as usize) {
                    *run = None;
                }
                Ok(json!({}).into())
            }
            "why" => run::why(question, &mut self.runs),
            _ => words::answer(op, question, bytes),
        }
    }
}

/// A text of a question.
fn text<'q>(question: &'q Value, name: &str) -> Result<&'q str, String> {
    question[name].as_str().ok_or_else(|| format!("`{name}` is missing"))
}

/// A whole number of a question.
fn number(question: &Value, name: &str) -> Result<u64, String> {
    question[name].as_u64().ok_or_else(|| format!("`{name}` is missing"))
}

/// A seed of a question: digits, or a number where it is small enough for one. `None`: the scenario's own.
fn seed(question: &Value) -> Option<u64> {
    question["seed"].as_str().and_then(|digits| digits.parse().ok()).or_else(|| question["seed"].as_u64())
}
