//! What is measured.

use crate::native;
use crate::system::System;
use crate::texts;

/// A scenario that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// What it is called in tables.
    pub name: &'static str,
    /// A file of `systems/`, or nothing if the text is made.
    file: Option<&'static str>,
    scenario: &'static str,
    /// Whether a program written by hand does the same.
    pub by_hand: bool,
}

const fn of_file(name: &'static str, file: &'static str, scenario: &'static str, by_hand: bool) -> Workload {
    Workload { name, file: Some(file), scenario, by_hand }
}

const fn made(name: &'static str) -> Workload {
    Workload { name, file: None, scenario: "", by_hand: false }
}

/// All of them.
pub const ALL: &[Workload] = &[
    of_file("mm1", "mm1.sysdl", "at_10k", false),
    of_file("mm1 100k", "mm1.sysdl", "at_100k", false),
    of_file("mm1 1M", "mm1.sysdl", "at_1m", false),
    of_file("web", "web.sysdl", "at_10k", true),
    of_file("web 100k", "web.sysdl", "at_100k", true),
    of_file("web 1M", "web.sysdl", "at_1m", true),
    of_file("web 30M", "web.sysdl", "at_30m", true),
    of_file("web_busy", "web_busy.sysdl", "at_10k", true),
    of_file("web_busy 100k", "web_busy.sysdl", "at_100k", true),
    of_file("web_busy 1M", "web_busy.sysdl", "at_1m", true),
    of_file("web_timeouts", "web_timeouts.sysdl", "at_10k", true),
    of_file("web_timeouts 100k", "web_timeouts.sysdl", "at_100k", true),
    of_file("web_timeouts 1M", "web_timeouts.sysdl", "at_1m", true),
    of_file("web_timeouts starved", "web_timeouts.sysdl", "starved", true),
    of_file("storm", "storm.sysdl", "at_10k", true),
    of_file("storm 100k", "storm.sysdl", "at_100k", true),
    of_file("storm 1M", "storm.sysdl", "at_1m", true),
    of_file("agents", "agents.sysdl", "at_1k", false),
    of_file("kafka", "kafka.sysdl", "at_10k", false),
    made("wide"),
    made("deep"),
];

impl Workload {
    /// Seconds that its scenario lasts; 0 if it does not compile.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.compile(None).map_or(0.0, |system| system.plan.run.duration_ns as f64 * 1e-9)
    }

    /// The one that is called so.
    #[must_use]
    pub fn called(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|workload| workload.name == name)
    }

    /// Compiles it, with another length if it is given, in nanoseconds.
    ///
    /// # Errors
    /// What is wrong with its text.
    pub fn compile(&self, duration_ns: Option<u64>) -> Result<System, String> {
        match (self.file, self.name) {
            (Some(file), _) => System::load(file, self.scenario, duration_ns),
            (None, "deep") => System::compile("deep", texts::deep(30).as_bytes(), "", duration_ns),
            (None, _) => System::compile("wide", texts::wide(1000).as_bytes(), "", duration_ns),
        }
    }
}

/// Runs the programs written by hand for a system.
///
/// # Errors
/// If the system is none that they know, or they do not find the same as its module.
pub fn check(name: &str, system: &System, seed: u64, module: native::Outcome) -> Result<(), String> {
    for program in native::programs(&system.plan)? {
        let found = (program.run)(seed);
        if found != module {
            return Err(format!("{name}: the program {} finds {found:?}, the module {module:?}", program.name));
        }
    }
    Ok(())
}
