//! The compiler that runs in the page: what it needs of its host, and how large it is.

use sysdl::page::{Message, Session};
use wasmparser::{Parser, Payload};

/// Bytes that the compiler may have, as a browser stores and as a network carries it (gzip).
const RAW_MAX: usize = 1_890_000;
const PACKED_MAX: usize = 775_000;

#[test]
fn it_imports_nothing_and_exports_three() {
    let (mut imports, mut exports) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(sysdl_web::COMPILER) {
        match payload.expect("it is a module") {
            Payload::ImportSection(section) => imports += section.count(),
            Payload::ExportSection(section) => {
                exports.extend(section.into_iter().map(|export| export.expect("it has a name").name.to_owned()));
            }
            _ => {}
        }
    }
    assert_eq!(imports, 0);
    for name in ["memory", "sysdl_page_room", "sysdl_page_ask"] {
        assert!(exports.iter().any(|export| export == name), "{name} in {exports:?}");
    }
}

#[test]
fn it_stays_small() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(sysdl_web::COMPILER).expect("memory can be written to");
    let packed = packed.finish().expect("memory can be written to").len();
    let raw = sysdl_web::COMPILER.len();
    assert!(raw <= RAW_MAX && packed <= PACKED_MAX, "{raw} bytes, {packed} packed");
}

/// What a question is answered with natively.
fn ask(question: serde_json::Value) -> Message {
    Session::default().answer(&Message { json: question, bytes: Vec::new() }.write())
}

#[test]
fn it_answers_with_the_module_that_build_writes() {
    for file in sysdl_web::BLUEPRINTS {
        let source = std::str::from_utf8(file.bytes).expect("text");
        let answer = ask(serde_json::json!({ "op": "load", "source": source }));
        assert!(answer.json["error"].is_null(), "{}: {}", file.path, answer.json);
        let analysis = sysdl::resolve::analyze(file.path, file.bytes, &sysdl::resolve::program::NoFiles);
        let scenario = answer.json["scenario"].as_str().expect("a name");
        let model = analysis.resolve(scenario, &[]).model.expect("it compiles");
        let module = sysdl_lower::compile(&model).expect("it fits").module;
        assert_eq!(answer.bytes, module.bytes, "{}", file.path);
        assert_eq!(answer.json["scene"]["nodes"].as_array().map(Vec::len), Some(nodes(&model)), "{}", file.path);
    }
}

/// Components and sources of a model.
fn nodes(model: &sysdl_lower::model::Model) -> usize {
    model.components.len() + model.sources.len()
}

#[test]
fn what_cannot_be_answered_says_why() {
    for (question, why) in [
        (serde_json::json!({}), "`op` is missing"),
        (serde_json::json!({ "op": "dance", "source": "" }), "there is no question `dance`"),
        (serde_json::json!({ "op": "report", "run": 7 }), "there is no such run"),
        (serde_json::json!({ "op": "packed", "fragment": "#9.x" }), "version 9"),
    ] {
        let answer = ask(question).json;
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(why)), "{answer}");
    }
    let broken = ask(serde_json::json!({ "op": "load", "source": "sysdl 1\nsystem x { service }\n" })).json;
    assert!(broken["diagnostics"].as_array().is_some_and(|found| !found.is_empty()), "{broken}");
    for junk in [&b""[..], b"\0", b"\xff\xff\xff\xff{}", b"\x02\0\0\0{x"] {
        assert!(!Session::default().answer(junk).json["error"].is_null());
    }
}
