//! Mutations do not rot: their lines stand in the sources, their tests exist. What they break is broken by
//! `cargo run --release -p sysdl-tests --bin mutations`, which takes its time.

use sysdl_tests::mutations::{Change, all, fits, parse, replace, root};

#[test]
fn every_mutation_fits_the_sources() {
    let mutations = all().expect("they can be read");
    let wrong: Vec<String> = mutations.iter().filter_map(|mutation| fits(&root(), mutation).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(mutations.len() >= 30, "only {} mutations", mutations.len());
}

#[test]
fn a_mutation_that_says_too_little_is_refused() {
    for text in [
        "",
        "file: a.rs\ntest: exact it\n",
        "file: a.rs\n- a\n+ b\n",
        "test: exact it\n- a\n+ b\n",
        "file: a.rs\ntest: exact it\n- a\n",
        "file: a.rs\ntest: exact it\n+ b\n",
        "file: a.rs\ntest: exact it\n= b\n",
    ] {
        assert!(parse("it", text).is_err(), "{text}");
    }
}

#[test]
fn a_line_is_replaced_only_if_it_stands_there_once() {
    let change = Change { file: "a.rs".to_owned(), from: "one();".to_owned(), to: "two();".to_owned() };
    assert_eq!(replace("fn f() {\n    one();\n}\n", &change).expect("once"), "fn f() {\n    two();\n}\n");
    assert!(replace("one();\none();\n", &change).is_err());
    assert!(replace("one() + 1;\n", &change).is_err());
}
