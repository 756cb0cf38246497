//! Results as JUnit XML, the form that CI systems show.

use super::{Case, Fate};
use std::fmt::Write as _;

/// The document: a test case per run.
pub(super) fn junit(cases: &[Case]) -> String {
    let escape =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"sysdl\" tests=\"{}\">\n",
        cases.len()
    );
    for case in cases {
        let (file, scenario) = case.name.split_once("::").unwrap_or((&case.name, ""));
        let _ = write!(
            text,
            "<testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\">",
            escape(file),
            escape(scenario),
            case.wall_s
        );
        let body = match &case.result {
            Fate::Pass => None,
            Fate::Expect(failed) => {
                let lines: Vec<String> = failed
                    .iter()
                    .map(|o| format!("line {}: {} = {}", o.expectation.line, o.expectation.text, o.value))
                    .collect();
                Some(("failure", "expect", lines.join("\n")))
            }
            Fate::Drift(what) => Some(("failure", "drift", what.clone())),
            Fate::New => Some(("failure", "new", "no golden is kept".to_owned())),
            Fate::Broken(why) => Some(("error", "broken", why.clone())),
        };
        if let Some((element, kind, body)) = body {
            let _ = write!(
                text,
                "<{element} type=\"{kind}\">{}\nreproduce: {}</{element}>",
                escape(&body),
                escape(&case.reproduce)
            );
        }
        text.push_str("</testcase>\n");
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}
