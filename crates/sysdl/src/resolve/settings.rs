//! What a scenario says of its run: `duration`, `warmup`, `seed`, `window`, `start_clock`, `in_flight`.

use super::system::Builder;
use super::types::Type;
use super::value::Value;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Expr, Node, Statement};
use crate::syntax::span::Span;
use crate::units::Dimension;
use std::rc::Rc;
use sysdl_kernel::columns;
use sysdl_lower::model::{Arrivals, RateProfile};

/// Length of a run when nothing is said, in nanoseconds.
const DURATION_NS: u64 = 60_000_000_000;
/// Longest run: a year.
const DURATION_MAX_NS: u64 = 365 * 86_400_000_000_000;
/// Requests and calls for which there is room, when a scenario does not say.
const IN_FLIGHT: u32 = 1 << 20;
/// Most that a scenario may ask for. Plans whose requests carry much hit the bound of memory before.
const IN_FLIGHT_MAX: u32 = 12_000_000;
/// Largest seed that a number of the language holds exactly, 2^53.
const SEED_MAX: f64 = 9_007_199_254_740_992.0;

/// Shortest window of observation.
const WINDOW_MIN_NS: u64 = 10_000_000;
/// Most numbers in all windows of a run together: each is kept.
const CELLS_MAX: u64 = 200_000_000;
/// Most changes of a rate in a run.
const CHANGES_MAX: u64 = 200_000;
/// Window of observation, when a scenario does not say.
const WINDOW_NS: u64 = 1_000_000_000;

/// What a scenario's own statements say.
pub(super) struct Settings {
    pub(super) duration_ns: u64,
    pub(super) warmup_ns: u64,
    pub(super) seed: u64,
    pub(super) window_ns: u64,
    /// What the clock shows when the run begins, in nanoseconds since midnight of its first day.
    pub(super) clock_ns: u64,
    /// Requests and calls for which there is room.
    pub(super) in_flight: u32,
    /// Where the duration is said.
    span: Span,
}

impl Builder<'_> {
    pub(super) fn scenario_settings(&mut self, statements: &[&Statement]) -> Settings {
        let mut settings = Settings {
            duration_ns: DURATION_NS,
            warmup_ns: 0,
            seed: 1,
            window_ns: WINDOW_NS,
            clock_ns: 0,
            in_flight: IN_FLIGHT,
            span: Span::default(),
        };
        let mut warmup_span = None;
        for statement in statements {
            let Node::Assign(assign) = &statement.node else { continue };
            let (value, span) = (&assign.value, assign.value.span);
            match assign.target.dotted().as_str() {
                "duration" => {
                    if let Some(ns) = self.length_of_run(value) {
                        (settings.duration_ns, settings.span) = (ns, span);
                    }
                }
                "warmup" => {
                    if let Some(ns) = self.time(value, "warmup") {
                        settings.warmup_ns = ns;
                        warmup_span = Some(span);
                    }
                }
                "window" => {
                    settings.window_ns = self.window_of(value).unwrap_or(settings.window_ns);
                }
                "seed" => settings.seed = self.seed_of(value).unwrap_or(settings.seed),
                "extends" => {}
                "start_clock" => settings.clock_ns = self.time(value, "start_clock").unwrap_or(0),
                "in_flight" => settings.in_flight = self.in_flight(value).unwrap_or(IN_FLIGHT),
                "seeds" => self.eval.later("`seeds` of a scenario", assign.target.span),
                "allow" => self.waiver(value, Span { start: 0, end: u32::MAX, ..statement.span }),
                other => {
                    const KNOWN: [&str; 7] =
                        ["duration", "warmup", "seed", "window", "start_clock", "in_flight", "extends"];
                    self.unknown_word("scenario", other, assign.target.span, &KNOWN);
                }
            }
        }
        if settings.warmup_ns >= settings.duration_ns {
            let span = warmup_span.unwrap_or_default();
            let message = format!(
                "the warm-up ({}) is no shorter than the run ({})",
                crate::units::duration(settings.warmup_ns as f64),
                crate::units::duration(settings.duration_ns as f64)
            );
            self.eval.report(
                Diagnostic::new(&codes::E0702, message, span, "nothing is left to measure").help("make the run longer"),
            );
            settings.warmup_ns = 0;
        }
        settings
    }

    /// `duration = 4min`
    fn length_of_run(&mut self, value: &Expr) -> Option<u64> {
        let ns = self.time(value, "duration")?;
        if ns == 0 || ns > DURATION_MAX_NS {
            let message = "`duration` must be between 1ns and a year";
            let diagnostic = Diagnostic::new(&codes::E0207, message, value.span, "out of range");
            self.eval.report(diagnostic.help("write `duration = 4min`"));
        }
        Some(ns.clamp(1, DURATION_MAX_NS))
    }

    /// `window = 100ms`
    fn window_of(&mut self, value: &Expr) -> Option<u64> {
        let ns = self.time(value, "window")?;
        if ns < WINDOW_MIN_NS {
            let diagnostic = Diagnostic::new(&codes::E0207, "`window` is too short", value.span, "below 10ms");
            self.eval.report(diagnostic.help("write `window = 1s`"));
        }
        Some(ns.max(WINDOW_MIN_NS))
    }

    /// `seed = 42`
    fn seed_of(&mut self, value: &Expr) -> Option<u64> {
        let (scope, span) = (Rc::clone(&self.scope), value.span);
        let seed = self.eval.eval(value, &scope);
        let held = self.eval.hold(seed, &Type::Quantity(Dimension::Count), false, "seed", span);
        let Value::Number(seed, _) = held else { return None };
        if seed > SEED_MAX {
            let message = "a seed in a file is 9007199254740992 at most";
            let diagnostic = Diagnostic::new(&codes::E0212, message, span, "too large to be exact");
            self.eval.report(diagnostic.help("write a smaller one, or `--seed` with all its digits"));
        }
        Some(seed as u64)
    }

    /// `in_flight = 2M`
    fn in_flight(&mut self, value: &Expr) -> Option<u32> {
        let (scope, span) = (Rc::clone(&self.scope), value.span);
        let asked = self.eval.eval(value, &scope);
        let Value::Number(asked, _) =
            self.eval.hold(asked, &Type::Quantity(Dimension::Count), false, "in_flight", span)
        else {
            return None;
        };
        if (1.0..=f64::from(IN_FLIGHT_MAX)).contains(&asked) {
            return Some(asked as u32);
        }
        let gib = (asked * sysdl_lower::bytes_in_flight() as f64) / f64::from(1 << 30);
        let message = if asked < 1.0 {
            "there is no room for any request".to_owned()
        } else {
            format!(
                "room for {asked} requests and calls would take {gib:.1} GiB at least; the limit is {IN_FLIGHT_MAX}"
            )
        };
        let diagnostic = Diagnostic::new(&codes::E0212, message, span, "out of range");
        self.eval.report(
            diagnostic.help("write `in_flight = 2M`, or simulate a share of the system at a share of the rate"),
        );
        None
    }

    /// What goes by the clock of the day begins where the clock stands; and what is repeated is not repeated for ever.
    pub(super) fn set_clock(&mut self, settings: &Settings) {
        let (clock_ns, mut wrong) = (settings.clock_ns, Vec::new());
        for (source, name) in self.sources.iter_mut().zip(&self.source_names) {
            match &mut source.arrivals {
                Arrivals::Cron { every_ns, first_ns, .. } => {
                    // The first that is not before the begin.
                    let behind = clock_ns.saturating_sub(*first_ns).div_ceil(*every_ns);
                    *first_ns = *first_ns + behind * *every_ns - clock_ns;
                }
                Arrivals::Open { rate: RateProfile::Wave { period_ns, peak_at_ns, .. }, .. } => {
                    let clock_ns = clock_ns % *period_ns;
                    *peak_at_ns = if *peak_at_ns >= clock_ns {
                        *peak_at_ns - clock_ns
                    } else {
                        *peak_at_ns + *period_ns - clock_ns
                    };
                }
                Arrivals::Open { rate: RateProfile::Track { changes, period_ns, .. }, .. } if *period_ns > 0 => {
                    let times = settings.duration_ns / *period_ns + 1;
                    let changes = (changes.len() as u64 + 1).saturating_mul(times);
                    if changes > CHANGES_MAX {
                        wrong.push((
                            name.span,
                            format!("the rate of `{}` changes {changes} times in this run", name.text),
                        ));
                    }
                }
                _ => {}
            }
        }
        for (span, what) in wrong {
            let message = format!("{what}; the limit is {CHANGES_MAX}");
            let diagnostic = Diagnostic::new(&codes::E0212, message, span, "repeated too often");
            self.eval.report(diagnostic.help("shorten the run, or take longer steps"));
        }
        self.too_many_watched();
        self.too_many_windows(settings);
    }

    /// All windows of a run are kept.
    fn too_many_windows(&mut self, settings: &Settings) {
        let windows = settings.duration_ns / settings.window_ns;
        let flows = self.sources.iter().map(|source| source.mix.len()).sum();
        let subscriptions = self.edges.iter().filter(|edge| edge.subscription.is_some()).count();
        let watched = self.components.iter().filter(|component| component.watched);
        let watched = watched.map(|component| component.replicas as usize).sum();
        let words = columns::row_words(self.components.len(), self.edges.len(), flows, subscriptions, watched) as u64;
        if windows.saturating_mul(words) > CELLS_MAX {
            let most = CELLS_MAX / words;
            let message = format!("this run has {windows} windows; for a system of this size the limit is {most}");
            let diagnostic = Diagnostic::new(&codes::E0212, message, settings.span, "too many to keep");
            let least = settings.duration_ns.div_ceil(most).next_multiple_of(1_000_000_000);
            self.eval.report(diagnostic.help(format!("write `window = {}`", crate::units::duration(least as f64))));
        }
    }
}
