//! `sysdl.meta`: what a module says of itself.
//!
//! Modules may come from anywhere. Reading bounds every length and never trusts a count.

use serde::Deserialize;

/// The version of exports and section that this crate reads.
pub const ABI: u32 = 1;

/// Name of the custom section.
const SECTION: &str = "sysdl.meta";

/// Most replicas that have rows.
pub const WATCHED_MAX: usize = 10_000;

/// Why a module cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetaError {
    /// Not a module of WebAssembly, version 1.
    NotWasm,
    /// A section reaches beyond the end of the module.
    Truncated,
    /// A module, but none that this compiler made.
    NoSection,
    /// The section does not hold what it should.
    Malformed(String),
    /// Made by a compiler with other exports.
    Abi(u32),
    /// A number in it contradicts another.
    Inconsistent(&'static str),
}

impl std::fmt::Display for MetaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MetaError::NotWasm => write!(f, "this is not a WebAssembly module"),
            MetaError::Truncated => write!(f, "the module is cut off"),
            MetaError::NoSection => {
                write!(f, "the module has no section `{SECTION}`: it was not made by `sysdl build`")
            }
            MetaError::Malformed(why) => write!(f, "the section `{SECTION}` cannot be read: {why}"),
            MetaError::Abi(found) => {
                write!(
                    f,
                    "the module speaks version {found} of the interface, this program version {ABI}: build it again"
                )
            }
            MetaError::Inconsistent(what) => write!(f, "the section `{SECTION}` contradicts itself: {what}"),
        }
    }
}

impl std::error::Error for MetaError {}

/// Names, units and bounds of a module.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Meta {
    /// Version of exports.
    pub abi: u32,
    /// Version of what a program means.
    pub semantics: String,
    /// Fingerprint of the model, `sha256:…`.
    pub model: String,
    /// System name.
    pub system: String,
    /// Scenario name.
    pub scenario: String,
    /// Default seed, decimal.
    pub seed: String,
    /// Length of the run in nanoseconds.
    pub duration_ns: u64,
    /// Warm-up in nanoseconds.
    pub warmup_ns: u64,
    /// Window width in nanoseconds.
    pub window_ns: u64,
    /// Most requests and calls in flight.
    pub frames_max: u32,
    /// Components.
    pub components: Vec<Component>,
    /// Edges.
    pub edges: Vec<Edge>,
    /// Endpoints that traffic enters.
    pub flows: Vec<Flow>,
    /// Edges whose messages are followed.
    #[serde(default)]
    pub subscriptions: Vec<Subscription>,
    /// Named intervals.
    pub phases: Vec<Phase>,
    /// Effects of the timeline.
    pub effects: Vec<Effect>,
    /// Live parameters.
    pub slots: Vec<Slot>,
}

fn one() -> u32 {
    1
}

/// A component.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Component {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: String,
    /// Replicas.
    #[serde(default = "one")]
    pub replicas: u32,
    /// Servers per replica; none: unbounded.
    pub servers: Option<u32>,
    /// Waiting room per queue; none: unbounded.
    pub queue_capacity: Option<u32>,
    /// Looked up by key or ratio.
    #[serde(default)]
    pub store: bool,
    /// Price per month in USD.
    pub monthly_usd: Option<f64>,
    /// Replicas in service at the begin, where they come and go; `replicas` are the most there can be.
    #[serde(default)]
    pub initial: Option<u32>,
    /// Each replica has a row, behind those of everything else.
    #[serde(default)]
    pub watched: bool,
}

/// An edge.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Edge {
    /// `from->to`.
    pub name: String,
    /// Caller; none: traffic.
    pub from: Option<u32>,
    /// Callee.
    pub to: u32,
    /// Number of the histogram of its calls, if they are measured.
    #[serde(default)]
    pub histogram: Option<u32>,
}

/// An endpoint that traffic enters.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Flow {
    /// `component.endpoint`.
    pub name: String,
    /// Good answers come within this many nanoseconds; 0: any time.
    #[serde(default)]
    pub good_within_ns: u64,
}

/// Messages on an edge.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Subscription {
    /// Edge.
    pub edge: u32,
    /// Partitions.
    pub partitions: u32,
    /// Its histogram of times from being published to being handled.
    pub histogram: u32,
}

/// A named interval `(start, end]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Phase {
    /// Name.
    pub name: String,
    /// Begin in nanoseconds.
    pub start_ns: u64,
    /// End in nanoseconds.
    pub end_ns: u64,
}

/// An effect of the timeline.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Effect {
    /// `flush redis`.
    pub label: String,
    /// Name given by `as`.
    pub event: Option<String>,
    /// What it changes, an index into [`Meta::slots`].
    #[serde(default)]
    pub slot: u32,
    /// Begin in nanoseconds.
    pub start_ns: u64,
    /// End in nanoseconds, if it ends.
    pub end_ns: Option<u64>,
    /// Part of how a source behaves, not worth telling.
    #[serde(default)]
    pub quiet: bool,
}

/// A live parameter.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Slot {
    /// `component.parameter`.
    pub name: String,
    /// Value without effects.
    pub base: f64,
}

impl Meta {
    /// Reads the section of a module.
    ///
    /// # Errors
    /// If the module is none, has no such section, or one that cannot be relied on.
    pub fn of(wasm: &[u8]) -> Result<Self, MetaError> {
        let meta: Meta =
            serde_json::from_slice(section(wasm)?).map_err(|error| MetaError::Malformed(error.to_string()))?;
        if meta.abi != ABI {
            return Err(MetaError::Abi(meta.abi));
        }
        if meta.window_ns == 0 || meta.duration_ns == 0 {
            return Err(MetaError::Inconsistent("a run or its windows have no length"));
        }
        if meta.warmup_ns >= meta.duration_ns {
            return Err(MetaError::Inconsistent("the warm-up is longer than the run"));
        }
        if meta.watched_replicas() > WATCHED_MAX {
            return Err(MetaError::Inconsistent("more replicas are watched than can be"));
        }
        let known = meta.components.len() as u32;
        if meta.edges.iter().any(|edge| edge.to >= known || edge.from.is_some_and(|from| from >= known)) {
            return Err(MetaError::Inconsistent("an edge leads to no component"));
        }
        let known = meta.edges.len() as u32;
        if meta.subscriptions.iter().any(|subscription| subscription.edge >= known) {
            return Err(MetaError::Inconsistent("a subscription has no edge"));
        }
        if meta.phases.iter().any(|phase| phase.start_ns >= phase.end_ns || phase.end_ns > meta.duration_ns) {
            return Err(MetaError::Inconsistent("a phase lies outside the run"));
        }
        Ok(meta)
    }

    /// Words of a block of rows.
    #[must_use]
    pub fn row_words(&self) -> usize {
        let (components, edges) = (self.components.len(), self.edges.len());
        let (subscriptions, watched) = (self.subscriptions.len(), self.watched_replicas());
        sysdl_kernel::columns::row_words(components, edges, self.flows.len(), subscriptions, watched)
    }

    /// Replicas that have rows.
    #[must_use]
    pub fn watched_replicas(&self) -> usize {
        self.components.iter().filter(|component| component.watched).map(|component| component.replicas as usize).sum()
    }

    /// The row of a replica, numbered on from those of the components; none if its component is not watched.
    #[must_use]
    pub fn row_of_replica(&self, component: usize, replica: u32) -> Option<usize> {
        self.components.get(component).filter(|of| of.watched && replica < of.replicas)?;
        let before = self.components[..component].iter().filter(|other| other.watched);
        let before: usize = before.map(|other| other.replicas as usize).sum();
        Some(self.components.len() + before + replica as usize)
    }

    /// The default seed.
    #[must_use]
    pub fn default_seed(&self) -> u64 {
        self.seed.parse().unwrap_or(1)
    }
}

/// Content of the custom section.
fn section(wasm: &[u8]) -> Result<&[u8], MetaError> {
    let mut rest = wasm.strip_prefix(b"\0asm\x01\0\0\0").ok_or(MetaError::NotWasm)?;
    while let Some((&id, tail)) = rest.split_first() {
        let (body, next) = sized(tail)?;
        if id == 0
            && let Ok((name, content)) = sized(body)
            && name == SECTION.as_bytes()
        {
            return Ok(content);
        }
        rest = next;
    }
    Err(MetaError::NoSection)
}

/// A length in LEB128, that many bytes, and what follows.
fn sized(bytes: &[u8]) -> Result<(&[u8], &[u8]), MetaError> {
    let mut length = 0usize;
    for (i, &byte) in bytes.iter().enumerate().take(5) {
        length |= usize::from(byte & 0x7F) << (7 * i);
        if byte & 0x80 == 0 {
            let rest = &bytes[i + 1..];
            return if length <= rest.len() { Ok(rest.split_at(length)) } else { Err(MetaError::Truncated) };
        }
    }
    Err(MetaError::Truncated)
}
