//! A report as one page that needs nothing else: numbers as tables, time as pictures.

use super::text::{escape_html as escape, seconds};
use crate::expect::Verdict;
use crate::report::{Latency, Report, Totals};
use crate::trace::Trace;
use crate::why::{Signal, Story};
use std::fmt::Write as _;
use std::io::{self, Write};

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --ink: #2463eb; --bad: #c2410c; --band: #c2410c22 }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1rem; margin: 2rem 0 .5rem } .dim { opacity: .65 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left } svg { width: 100%; height: 5rem; display: block }
figure { margin: 0 0 1rem } figcaption { font-size: .85rem } .bad { color: var(--bad) } code { font-size: .85rem }
.scroll { overflow-x: auto } .story td:nth-child(3) { text-align: left }
";

/// Writes a report with its trace.
///
/// # Errors
/// If writing fails.
pub fn html(report: &Report, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    html_with(report, trace, None, out)
}

/// Writes a report with its trace, and the story of how it came about.
///
/// # Errors
/// If writing fails.
pub fn html_with(report: &Report, trace: &Trace, story: Option<&Story>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = String::new();
    head(&mut page, report);
    if let Some(story) = story {
        why(&mut page, story);
    }
    phases(&mut page, report);
    charts(&mut page, report, trace);
    stations(&mut page, report);
    expectations(&mut page, report);
    let _ = writeln!(
        page,
        "<p class=dim><code>sysdl run {} --scenario {} --seed {}</code><br><code>digest {}</code></p>",
        escape(&report.file),
        escape(&report.scenario),
        report.seed,
        report.digest
    );
    out.write_all(page.as_bytes())
}

fn head(page: &mut String, report: &Report) {
    let title = escape(&report.scenario);
    let _ = writeln!(
        page,
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style>\n<h1>{title}</h1>\n<p class=dim>{} · {} simulated · {} requests · seed {}</p>",
        escape(&report.file),
        seconds(report.simulated_s),
        report.requests,
        report.seed
    );
}

/// What happened, in order; what caused what as numbers of rows.
fn why(page: &mut String, story: &Story) {
    page.push_str("<h2>Why</h2>\n");
    for said in &story.summary {
        let _ = writeln!(page, "<p>{}</p>", escape(said));
    }
    page.push_str("<div class=scroll><table class=story><tr><th>at<th>#<th>what happened<th>because of</tr>\n");
    for (number, moment) in story.timeline.iter().enumerate() {
        let class = if moment.signal == Signal::Fault { " class=bad" } else { "" };
        let because = moment.because.map_or(String::new(), |index| format!("{}", index + 1));
        let words = escape(&moment.words);
        let _ = writeln!(page, "<tr><td>{:.3} s<td>{}<td{class}>{words}<td>{because}</tr>", moment.t_s, number + 1);
    }
    let _ = writeln!(page, "</table></div>\n<p class=dim>beside {}</p>", escape(story.twin));
}

fn phases(page: &mut String, report: &Report) {
    let mut rows: Vec<(&str, f64, &Totals, &Latency)> =
        report.phases.iter().map(|(name, p)| (name.as_str(), p.start_s, &p.totals, &p.latency_s)).collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    rows.push(("whole run", 0.0, &report.totals, &report.latency_s));
    page.push_str("<h2>Phases</h2><div class=scroll><table><tr><th>phase<th>ended/s<th>good/s<th>errors<th>p50<th>p95<th>p99<th>max</tr>\n");
    for (name, _, t, l) in rows {
        let class = if t.error_rate > 0.01 { " class=bad" } else { "" };
        let _ = writeln!(
            page,
            "<tr><td>{}<td>{:.1}<td>{:.1}<td{class}>{:.2}%<td>{}<td>{}<td>{}<td>{}</tr>",
            escape(name),
            t.throughput_rps,
            t.goodput_rps,
            t.error_rate * 100.0,
            seconds(l.p50),
            seconds(l.p95),
            seconds(l.p99),
            seconds(l.max)
        );
    }
    page.push_str("</table></div>\n");
}

fn charts(page: &mut String, report: &Report, trace: &Trace) {
    let columns = &report.windows.columns;
    if columns.t.len() < 2 {
        return;
    }
    let errors: Vec<f64> = columns.errors.iter().map(|&n| n as f64).collect();
    page.push_str("<h2>Over time</h2>\n");
    for (name, values, is_time) in [
        ("good answers per second", &columns.goodput_rps, false),
        ("errors per window", &errors, false),
        ("p99", &columns.p99_s, true),
    ] {
        let most = values.iter().copied().fold(0.0, f64::max);
        let top = if is_time { seconds(most) } else { format!("{most:.0}") };
        let _ = writeln!(
            page,
            "<figure><figcaption>{name} <span class=dim>up to {top}</span></figcaption>{}</figure>",
            chart(values, most, trace)
        );
    }
}

/// A line over bands where faults were active.
fn chart(values: &[f64], most: f64, trace: &Trace) -> String {
    let run = trace.meta.duration_ns.max(1) as f64;
    let x = |ns: u64| ns as f64 / run * 1000.0;
    let mut svg = "<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=none role=img>".to_owned();
    for effect in trace.meta.effects.iter().filter(|effect| !effect.quiet) {
        let end = effect.end_ns.unwrap_or(trace.meta.duration_ns).min(trace.meta.duration_ns).max(effect.start_ns);
        let _ = write!(
            svg,
            "<rect x={:.1} width={:.1} height=100 fill=\"var(--band)\"><title>{}</title></rect>",
            x(effect.start_ns),
            (x(end) - x(effect.start_ns)).max(2.0),
            escape(&effect.label)
        );
    }
    let points: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(i, value)| {
            let at = (i as u64 + 1) * trace.meta.window_ns;
            format!("{:.1},{:.1}", x(at), 98.0 - 94.0 * value / most.max(f64::MIN_POSITIVE))
        })
        .collect();
    let _ = write!(
        svg,
        "<polyline points=\"{}\" fill=none stroke=\"var(--ink)\" stroke-width=2 vector-effect=non-scaling-stroke /></svg>",
        points.join(" ")
    );
    svg
}

fn stations(page: &mut String, report: &Report) {
    page.push_str("<h2>Stations</h2><div class=scroll><table><tr><th>station<th>kind<th>utilization<th>arrivals<th>waiting<th>service<th>p99<th>max queue</tr>\n");
    let mut rows: Vec<_> = report.components.iter().filter(|(_, c)| c.arrivals > 0).collect();
    rows.sort_by(|a, b| b.1.utilization.unwrap_or(-1.0).total_cmp(&a.1.utilization.unwrap_or(-1.0)));
    for (name, c) in rows {
        let load = c.utilization.map_or("–".to_owned(), |u| format!("{:.1}%", u * 100.0));
        let _ = writeln!(
            page,
            "<tr><td>{}<td>{}<td>{load}<td>{}<td>{}<td>{}<td>{}<td>{}</tr>",
            escape(name),
            escape(&c.kind),
            c.arrivals,
            seconds(c.waiting_s.mean),
            seconds(c.service_s.mean),
            seconds(c.sojourn_s.p99),
            c.max_queue
        );
    }
    page.push_str("</table></div>\n");
}

fn expectations(page: &mut String, report: &Report) {
    if report.expectations.is_empty() {
        return;
    }
    page.push_str("<h2>Expectations</h2><div class=scroll><table>\n");
    for e in &report.expectations {
        let (mark, class) = match e.verdict {
            Verdict::Pass => ("✓", ""),
            Verdict::Warned => ("⚠", ""),
            Verdict::Fail | Verdict::Inconclusive | Verdict::UnexpectedPass => ("✗", " class=bad"),
        };
        let _ = writeln!(page, "<tr><td{class}>{mark} <code>{}</code><td>{}</tr>", escape(&e.text), escape(&e.value));
    }
    page.push_str("</table></div>\n");
}
