//! Texts and what the parser says of them.

use std::time::Instant;
use sysdl::syntax::{parse, span::FileId};

const SHOP: &str = include_str!("../../../tests/corpus/language/shop.sysdl");
const PIPELINE: &str = include_str!("../../../tests/corpus/language/pipeline.sysdl");
const AGENT: &str = include_str!("../../../tests/corpus/language/agent.sysdl");

fn mistakes(text: &str) -> Vec<String> {
    let (_, found) = parse(text.as_bytes(), FileId(0));
    found
        .iter()
        .map(|d| {
            format!(
                "{} {}..{} {} | {}",
                d.code.id,
                d.primary.span.start,
                d.primary.span.end,
                d.message,
                d.help.as_deref().unwrap_or("-")
            )
        })
        .collect()
}

#[test]
fn the_language_samples_parse() {
    for text in [SHOP, PIPELINE, AGENT] {
        assert_eq!(mistakes(text), Vec::<String>::new());
    }
}

/// Deleting one character never loses more than a few statements, nor much time.
#[test]
fn one_missing_character_is_a_small_mistake() {
    for text in [SHOP, PIPELINE, AGENT] {
        for (at, _) in text.match_indices(['{', '}', '(', ')', '"', '=']) {
            let mut broken = text.to_owned();
            broken.remove(at);
            let began = Instant::now();
            let found = mistakes(&broken);
            assert!(found.len() <= 4, "{found:#?}");
            assert!(began.elapsed().as_millis() < 500, "slow without the character at {at}");
        }
    }
}

#[test]
fn twelve_mistakes_are_twelve_diagnostics() {
    let text = r#"sysdl 1
param peak rate = 4krps
system shop {
  service web {
    replicas = = 8
    endpoint get {
      work lognormal(p50 = 2ms p99 = 9ms)
    }
  }
  service 2fast { replicas = 1 }
  cache redis { ttl = 5 ms }
  web - > redis { timeout = 20ms }
  traffic shoppers web { open = poisson(peak) }
}
scenario storm of shop {
  at 60s injct flush on redis
  at inject flush on redis
  expect p99(latency < 250ms during baseline
  expect error_rate > 5% witin 10s after cold
  phase storm 60s..80s
}
"#;
    let found = mistakes(text);
    insta::assert_snapshot!(found.join("\n"));
    assert_eq!(found.len(), 12);
}

#[test]
fn junk_is_refused_quickly() {
    let mut junk = vec![0u8; 4096];
    junk[0] = 0x7f;
    let huge = "x = 1\n".repeat(2_000_000).into_bytes();
    let parens = format!("sysdl 1\nlet x = {}1{}\n", "(".repeat(5000), ")".repeat(5000)).into_bytes();
    let braces = format!("sysdl 1\n{}{}\n", "a {".repeat(5000), "}".repeat(5000)).into_bytes();
    for bytes in [junk, huge, parens, braces, b"\xff\xfe".to_vec()] {
        let began = Instant::now();
        let (_, found) = parse(&bytes, FileId(0));
        assert!(found.iter().any(|d| d.is_error()));
        assert!(began.elapsed().as_millis() < 500);
    }
}

/// Formatting changes no token, and formatting twice changes nothing.
#[test]
fn formatting_keeps_every_token_and_is_stable() {
    let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    for text in [SHOP, PIPELINE, AGENT] {
        let once = sysdl::fmt::format(text.as_bytes()).expect("it parses");
        assert_eq!(squeezed(text), squeezed(&once));
        let twice = sysdl::fmt::format(once.as_bytes()).expect("it still parses");
        assert_eq!(once, twice);
    }
    insta::assert_snapshot!(sysdl::fmt::format(SHOP.as_bytes()).expect("it parses"));
}
