//! Texts that are too long to write: systems of any size.

use std::fmt::Write;

/// Pairs of services, each with traffic of its own, all together 100,000 requests a second: `components` of them.
#[must_use]
pub fn wide(components: u32) -> String {
    let pairs = components / 2;
    let mut text = String::from("sysdl 1\n\nsystem wide {\n");
    for i in 0..pairs {
        let _ = writeln!(
            text,
            "  service front{i} {{ concurrency = unlimited, endpoint get {{ work exp(1ms), call back{i}.get }} }}\n  \
               service back{i} {{ concurrency = 64, queue = unlimited, allow = [W0403], endpoint get {{ work exp(200us) }} }}\n  \
               front{i} -> back{i} {{ allow = [W0501] }}\n  \
               traffic people{i} -> front{i}.get {{ open = poisson({}rps) }}",
            100_000 / pairs
        );
    }
    text.push_str("}\n\nscenario steady of wide {\n  duration = 4s, seed = 1\n}\n");
    text
}

/// A chain of services, each of which calls the next: `hops` of them, 10,000 requests a second.
#[must_use]
pub fn deep(hops: u32) -> String {
    let mut text = String::from("sysdl 1\n\nsystem deep {\n");
    for i in 0..hops {
        let (call, edge) = if i + 1 == hops {
            (String::new(), String::new())
        } else {
            (format!(", call hop{}.get", i + 1), format!("  hop{i} -> hop{} {{ allow = [W0501] }}\n", i + 1))
        };
        let _ = write!(
            text,
            "  service hop{i} {{ concurrency = unlimited, endpoint get {{ work exp(100us){call} }} }}\n{edge}"
        );
    }
    text.push_str("  traffic people -> hop0.get { open = poisson(10krps) }\n}\n\n");
    text.push_str("scenario steady of deep {\n  duration = 50s, seed = 1\n}\n");
    text
}

/// Requests that take a second, so many of them at a time.
#[must_use]
pub fn crowd(in_flight: u32) -> String {
    let seconds = (3_000_000 / in_flight).clamp(3, 300);
    format!(
        "sysdl 1\n\nsystem crowd {{\n  service place {{ concurrency = unlimited, endpoint get {{ work exp(1s) }} }}\n  \
         traffic people -> place.get {{ open = poisson({in_flight}rps) }}\n}}\n\n\
         scenario steady of crowd {{\n  duration = {seconds}s, seed = 1, in_flight = {}\n}}\n",
        (in_flight * 4).max(100_000)
    )
}
