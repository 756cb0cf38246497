//! The standard library: kinds and faults written in sysdl, embedded in the compiler.
//!
//! The resolver reads these files as it reads the user's. Nothing in Rust names a kind or a fault.

/// Files that every program sees, and that `import "std/…"` finds.
pub const FILES: &[(&str, &str)] = &[
    ("std/component.sysdl", include_str!("../std/component.sysdl")),
    ("std/edge.sysdl", include_str!("../std/edge.sysdl")),
    ("std/compute.sysdl", include_str!("../std/compute.sysdl")),
    ("std/data.sysdl", include_str!("../std/data.sysdl")),
    ("std/messaging.sysdl", include_str!("../std/messaging.sysdl")),
    ("std/agents.sysdl", include_str!("../std/agents.sysdl")),
    ("std/patterns.sysdl", include_str!("../std/patterns.sysdl")),
    ("std/faults/primitives.sysdl", include_str!("../std/faults/primitives.sysdl")),
    ("std/faults/deploys.sysdl", include_str!("../std/faults/deploys.sysdl")),
    ("std/faults/network.sysdl", include_str!("../std/faults/network.sysdl")),
    ("std/faults/infrastructure.sysdl", include_str!("../std/faults/infrastructure.sysdl")),
    ("std/faults/traffic.sysdl", include_str!("../std/faults/traffic.sysdl")),
    ("std/faults/data.sysdl", include_str!("../std/faults/data.sysdl")),
    ("std/faults/application.sysdl", include_str!("../std/faults/application.sysdl")),
    ("std/faults/dependency.sysdl", include_str!("../std/faults/dependency.sysdl")),
    ("std/faults/agents.sysdl", include_str!("../std/faults/agents.sysdl")),
    ("std/aws.sysdl", include_str!("../std/aws.sysdl")),
    ("std/kafka.sysdl", include_str!("../std/kafka.sysdl")),
    ("std/llm.sysdl", include_str!("../std/llm.sysdl")),
    ("std/mcp.sysdl", include_str!("../std/mcp.sysdl")),
    ("std/health.sysdl", include_str!("../std/health.sysdl")),
    ("std/retries.sysdl", include_str!("../std/retries.sysdl")),
];

/// How many of [`FILES`] need no import.
const PRELUDE: usize = 16;

/// The text of a library file.
#[must_use]
pub fn file(path: &str) -> Option<&'static str> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

/// Files whose kinds and faults need no import.
pub fn prelude() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied().take(PRELUDE)
}
