//! Text as a link → what it holds, or why it cannot be read; what is read can be written, and is the same when read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sysdl::share::{decode, encode};

fuzz_target!(|bytes: &[u8]| {
    // Bytes as they are; and, so that the inside is reached, as letters of a link around what they inflate from.
    let text = String::from_utf8_lossy(bytes);
    for link in [text.clone().into_owned(), format!("#1.{text}")] {
        match decode(&link) {
            Ok(share) => match encode(&share) {
                Ok(again) => assert_eq!(decode(&again).as_ref(), Ok(&share)),
                Err(error) => assert!(!error.to_string().is_empty()),
            },
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    let share = sysdl::share::Share { source: text.into_owned(), ..Default::default() };
    if let Ok(link) = encode(&share) {
        assert_eq!(decode(&link), Ok(share));
    }
});
