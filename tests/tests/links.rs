//! Links that hold a text: what is put in comes out, whatever is given ends in words, and what is written today is read for ever.

use rand::RngExt;
use std::path::Path;
use std::time::Instant;
use sysdl::share::{FRAGMENT_MAX, Share, ShareError, TEXT_MAX, decode, encode};
use sysdl_kernel::draw::KeyedRng;

fn shop() -> Share {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../blueprints/shop.sysdl");
    Share {
        source: std::fs::read_to_string(path).expect("it can be read"),
        scenario: Some("cache_stampede".to_owned()),
        seed: Some(u64::MAX),
        inputs: vec![("peak".to_owned(), "6krps".to_owned()), ("db.note".to_owned(), "a=b, ünïcode".to_owned())],
        lines: vec!["at 31s inject crash on redis for 10s".to_owned()],
        time_ns: Some(81_500_000_000),
        view: Some("web+db".to_owned()),
    }
}

#[test]
fn what_is_put_in_comes_out() {
    let plain = Share { source: "sysdl 1\n".to_owned(), ..Share::default() };
    let nothing = Share { scenario: Some(String::new()), ..Share::default() };
    for share in [shop(), plain, nothing] {
        let fragment = encode(&share).expect("it is small");
        assert_eq!(decode(&fragment).as_ref(), Ok(&share));
        assert_eq!(decode(&format!("https://example.org/page{fragment}\n")).as_ref(), Ok(&share));
        let letters = fragment[1..].bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        assert!(letters, "{fragment}");
    }
    let length = encode(&shop()).expect("it is small").len();
    assert!(length < 4_000, "a blueprint is a link of {length} bytes");
}

#[test]
fn links_of_today_are_read_for_ever() {
    let share = decode("#1.eNoLZmBgYChOLE6pMFTgKi6oLM4vLsnMS1bIzS9KVcjNz03VK0otyElMTgWpAgBjkgyy");
    assert!(share.is_err(), "a changed link is not read: {share:?}");
    let share = decode(include_str!("../data/link_1.txt")).expect("it was written by version 1");
    assert_eq!((share.source.as_str(), share.seed), ("sysdl 1\nsystem s { }\n", Some(7)));
    assert_eq!(share.inputs, [("a.b".to_owned(), "2".to_owned())]);
}

#[test]
fn every_cut_and_every_changed_letter_is_noticed() {
    let fragment = encode(&shop()).expect("it is small");
    for length in (0..fragment.len()).step_by(7) {
        assert!(decode(&fragment[..length]).is_err(), "cut at {length}");
    }
    let mut rng = KeyedRng::new(1);
    for _ in 0..300 {
        let mut changed = fragment.clone().into_bytes();
        let at = rng.random_range(3..changed.len());
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("it is text");
        assert!(decode(&changed).is_err() || changed == fragment, "changed at {at}");
    }
}

#[test]
fn whatever_is_given_ends_in_words() {
    let errors = [
        ("", ShareError::NoVersion),
        ("#", ShareError::NoVersion),
        ("#x.AAAA", ShareError::NoVersion),
        ("#2.AAAA", ShareError::Version(2)),
        ("#99999999999.AAAA", ShareError::NoVersion),
        ("#1.", ShareError::Damaged),
        ("#1.A", ShareError::Damaged),
        ("#1.!AAA", ShareError::Letter(0)),
        ("#1.eNoDAAAAAAE", ShareError::NoSource),
    ];
    for (text, expected) in errors {
        assert_eq!(decode(text), Err(expected.clone()), "{text}");
        assert!(expected.to_string().len() > 20);
    }
    let mut rng = KeyedRng::new(2);
    for _ in 0..20_000 {
        let length = rng.random_range(0..60);
        let text: String = (0..length).map(|_| char::from(rng.random_range(32..127u8))).collect();
        let _ = decode(&format!("#1.{text}"));
        let _ = decode(&text);
    }
}

#[test]
fn what_is_too_large_says_so() {
    let mut rng = KeyedRng::new(3);
    let noise: String = (0..100_000).map(|_| char::from(rng.random_range(32..127u8))).collect();
    let long = encode(&Share { source: noise, ..Share::default() });
    assert!(matches!(long, Err(ShareError::TooLong(length)) if length > FRAGMENT_MAX), "{long:?}");
    let large = encode(&Share { source: " ".repeat(TEXT_MAX), ..Share::default() });
    assert_eq!(large, Err(ShareError::TooLarge));
    let inputs = vec![("a".to_owned(), "b".to_owned()); 257];
    assert_eq!(encode(&Share { inputs, ..Share::default() }), Err(ShareError::FieldTooLarge));
    let view = Some("v".repeat(5_000));
    assert_eq!(encode(&Share { view, ..Share::default() }), Err(ShareError::FieldTooLarge));
    assert_eq!(decode(&format!("#1.{}", "A".repeat(FRAGMENT_MAX))), Err(ShareError::TooLong(FRAGMENT_MAX + 2)));
}

/// A few kilobytes that would be gigabytes: they are inflated up to the limit and no farther.
#[test]
fn bombs_do_not_go_off() {
    let fragment = include_str!("../data/link_bomb.txt");
    assert!(fragment.len() < FRAGMENT_MAX);
    let began = Instant::now();
    assert_eq!(decode(fragment), Err(ShareError::TooLarge));
    assert!(began.elapsed().as_secs() < 2);
}
