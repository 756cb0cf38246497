//! Two texts as goldens → the same, what moved, or why one cannot be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sysdl_runtime::golden::{Comparison, compare};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (kept, fresh) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let _ = compare(kept, fresh);
    let whole = text.replace("\r\n", "\n");
    assert!(!matches!(compare(&whole, &whole), Comparison::Drift(_)));
});
