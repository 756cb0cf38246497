//! `trace = file("traces/launch.csv")`: arrivals as they were recorded, each of them or their rate.

use super::data::quantity;
use super::eval::Evaluator;
use super::intakes::Intake;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::span::Span;
use crate::units::Dimension;
use sysdl_lower::model::{Arrivals, Gaps, RateProfile};

/// Numbers from which on an instant without a unit is seconds, and milliseconds, since 1970.
const EPOCH_S: f64 = 1e9;
const EPOCH_MS: f64 = 1e12;

/// What traffic says about a trace.
#[derive(Default)]
pub(super) struct Trace {
    pub(super) file: Option<Expr>,
    /// Factor of rates; instants come so many times as fast.
    pub(super) scale: Option<(f64, Span)>,
    pub(super) repeat: Option<(bool, Span)>,
}

/// An instant in nanoseconds, and whether it is one of the calendar.
fn instant(cell: &str) -> Option<(f64, bool)> {
    if let Some(ns) = calendar_ns(cell) {
        return Some((ns, true));
    }
    match quantity(cell)? {
        (ns, Dimension::Duration) if ns >= 0.0 => Some((ns, false)),
        (ms, Dimension::Count) if ms >= EPOCH_MS => Some((ms * 1e6, true)),
        (s, Dimension::Count) if s >= 0.0 => Some((s * 1e9, s >= EPOCH_S)),
        _ => None,
    }
}

/// `2026-11-24T08:00:00.250Z`, `2026-11-24 08:00:00+01:00`: nanoseconds since 1970.
fn calendar_ns(cell: &str) -> Option<f64> {
    let number = |text: &str| text.parse::<i64>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    if cell.len() < 19 || !cell.is_ascii() || !matches!(cell.as_bytes()[10], b'T' | b' ') {
        return None;
    }
    let (date, time) = (&cell[..10], &cell[11..]);
    let mut parts = date.split('-').map(number);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let mut parts = time[..8].split(':').map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let rest = &time[8..];
    let zone_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let fraction = match rest[..zone_at].strip_prefix(['.', ',']) {
        Some(digits) => format!("0.{digits}").parse::<f64>().ok()?,
        None if zone_at == 0 => 0.0,
        None => return None,
    };
    let zone_s = match rest.as_bytes()[zone_at..].first() {
        None | Some(b'Z') => 0,
        Some(sign) => {
            let digits: String = rest[zone_at + 1..].chars().filter(char::is_ascii_digit).collect();
            let offset = number(digits.get(..2)?)? * 3_600 + digits.get(2..4).map_or(Some(0), number)? * 60;
            if *sign == b'-' { -offset } else { offset }
        }
    };
    // Days of the civil calendar, counted from March on, so that leap days come last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some((days * 86_400 + hour * 3_600 + minute * 60 + second - zone_s) as f64 * 1e9 + fraction * 1e9)
}

impl Evaluator {
    /// Arrivals of a trace.
    pub(super) fn trace(&mut self, trace: &Trace) -> Option<Intake> {
        let file = trace.file.as_ref()?;
        let name = match &file.kind {
            ExprKind::Invoke(path, args) if path.dotted() == "file" => match args.as_slice() {
                [only] => match &only.value.kind {
                    ExprKind::Text(name) => Some((name.clone(), only.value.span)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let Some((name, span)) = name else {
            let diagnostic = Diagnostic::new(&codes::E0906, "a trace is a file", file.span, "not a file");
            self.report(diagnostic.help("write `trace = file(\"traces/launch.csv\")`"));
            return None;
        };
        let scale = trace.scale.map_or(1.0, |(scale, _)| scale);
        let repeat = trace.repeat.is_some_and(|(repeat, _)| repeat);
        let rows = self.rows(&name, span)?;
        if rows[0].1.is_none() {
            return self.instants(rows.into_iter().map(|(at, _)| (at / scale) as u64).collect(), repeat, file.span);
        }
        let changes = rows.into_iter().map(|(at, rate)| (at as u64, rate.unwrap_or(0.0) * scale)).collect();
        self.rates(changes, repeat, file.span)
    }

    /// Instants in nanoseconds, and rates if there are two columns, in order.
    fn rows(&mut self, name: &str, span: Span) -> Option<Vec<(f64, Option<f64>)>> {
        let (lines, mut wrong) = self.data_lines(name, span)?;
        let columns = lines[0].1.len();
        let mut rows: Vec<(f64, Option<f64>)> = Vec::new();
        let mut first = None;
        for (number, cells) in &lines {
            if cells.len() != columns || columns > 2 {
                let what = format!("{} columns", cells.len());
                wrong.line(self, *number, &what, "a line holds an instant, or an instant and a rate");
                continue;
            }
            let rate = cells.get(1).map(|cell| match quantity(cell) {
                Some((rate, Dimension::Rate | Dimension::Count)) if rate >= 0.0 => Some(rate),
                _ => None,
            });
            let Some((at, of_calendar)) = instant(&cells[0]).filter(|_| rate != Some(None)) else {
                let what = format!(
                    "`{}` is not an instant{}",
                    cells.join(", "),
                    if columns == 2 { " and a rate" } else { "" }
                );
                let help =
                    "write seconds since the begin (`12.5`), `2026-11-24T08:00:00Z`, and rates as `120` or `120rps`";
                wrong.line(self, *number, &what, help);
                continue;
            };
            // Instants of the calendar count from the first.
            let begin = *first.get_or_insert(if of_calendar { at } else { 0.0 });
            let at = at - begin;
            let last = rows.last().map_or(0.0, |(last, _)| *last);
            let stands = columns == 2 && !rows.is_empty() && at == last;
            if at < last || stands {
                wrong.line(self, *number, "is not later than the line before", "sort the lines by time");
                continue;
            }
            rows.push((at, rate.flatten()));
        }
        wrong.none(self).then_some(rows)
    }

    fn instants(&mut self, instants: Vec<u64>, repeat: bool, span: Span) -> Option<Intake> {
        if repeat && instants.last() == Some(&0) {
            let diagnostic =
                Diagnostic::new(&codes::E0907, "a trace without length cannot be repeated", span, "all at 0");
            self.report(diagnostic.help("remove `repeat`"));
            return None;
        }
        Some(Intake { arrivals: Arrivals::Trace { instants, repeat }, batch: None, session: None })
    }

    /// A rate that lasts until the next one; the last as long as the one before it, if all is repeated.
    fn rates(&mut self, mut changes: Vec<(u64, f64)>, repeat: bool, span: Span) -> Option<Intake> {
        let period_ns = match changes.as_slice() {
            [.., (before, _), (last, _)] if repeat => last + (last - before),
            _ if repeat => {
                let diagnostic = Diagnostic::new(&codes::E0907, "one rate cannot be repeated", span, "a single line");
                self.report(diagnostic.help("remove `repeat`"));
                return None;
            }
            _ => 0,
        };
        let first = if changes[0].0 == 0 { changes.remove(0).1 } else { 0.0 };
        let rate = RateProfile::Track { first, changes, period_ns };
        Some(Intake { arrivals: Arrivals::Open { gaps: Gaps::Poisson, rate }, batch: None, session: None })
    }
}
