//! Bytes as a module → what it says of itself, or why it cannot be read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = sysdl_runtime::Meta::of(bytes) {
        assert!(!error.to_string().is_empty());
    }
});
