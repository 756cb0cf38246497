//! How numbers and names are written for people.

/// `1.50s`, `250.0ms`, `12.0us`
#[must_use]
pub fn seconds(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        v if v >= 100.0 => format!("{v:.0}s"),
        v if v >= 1.0 => format!("{v:.2}s"),
        v if v >= 1e-3 => format!("{:.1}ms", v * 1e3),
        v => format!("{:.1}us", v * 1e6),
    }
}

/// `1,234,567` with `,` between thousands
#[must_use]
pub fn grouped(value: u64, mark: char) -> String {
    let mut text = value.to_string();
    let mut at = text.len();
    while at > 3 {
        at -= 3;
        text.insert(at, mark);
    }
    text
}

/// A text as HTML shows it.
#[must_use]
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
