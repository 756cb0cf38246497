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

/// A text as HTML shows it.
#[must_use]
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
