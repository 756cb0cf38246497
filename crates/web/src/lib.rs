//! The page: a static host of compiled modules, in `page/`.
//!
//! A first page: it runs a module from the reader's disk in a worker and shows each component's load.
//! The compiler is not in it yet. Its files are embedded here, so that a binary can hand them out.

/// Files of the page: name, media type, text.
pub const FILES: &[(&str, &str, &str)] = &[
    ("index.html", "text/html", include_str!("../page/index.html")),
    ("page.mjs", "text/javascript", include_str!("../page/page.mjs")),
    ("worker.mjs", "text/javascript", include_str!("../page/worker.mjs")),
    ("module.mjs", "text/javascript", include_str!("../page/module.mjs")),
];
