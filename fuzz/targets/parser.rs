//! Bytes → tree. No panic; every span lies in the text; what formats, formats to itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sysdl::syntax::parse;
use sysdl::syntax::span::FileId;

fuzz_target!(|bytes: &[u8]| {
    let (file, found) = parse(bytes, FileId(0));
    let inside = |end: u32| end as usize <= bytes.len();
    assert!(file.statements.iter().all(|statement| inside(statement.span.end)));
    assert!(found.iter().all(|diagnostic| inside(diagnostic.primary.span.end)));
    if let Ok(formatted) = sysdl::fmt::format(bytes) {
        assert_eq!(sysdl::fmt::format(formatted.as_bytes()).ok(), Some(formatted));
    }
});
