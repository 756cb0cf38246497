//! Modules that are not ours, or are but lie: they can fail, they cannot hang, eat the machine or make us panic.

use std::path::Path;
use std::time::{Duration, Instant};
use sysdl_runtime::guest::{HostError, Prepared, Status};
use sysdl_runtime::{Limits, Report, drive};
use sysdl_tests::programs;
use wasm_encoder::{
    BlockType, CodeSection, CustomSection, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    InstructionSink, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wasmparser::{Parser, Payload};

/// What an honest module says of itself.
fn honest_meta() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("theory/mm1.sysdl");
    let wasm = programs::load(&path, "steady").wasm;
    let custom = Parser::new(0).parse_all(&wasm).find_map(|payload| match payload {
        Ok(Payload::CustomSection(section)) if section.name() == "sysdl.meta" => Some(section.data().to_vec()),
        _ => None,
    });
    custom.expect("it has one")
}

/// A module with the exports of an honest one, whose `sysdl_run` and other functions do as told.
fn module(import: bool, run: impl Fn(&mut InstructionSink<'_>), word: i64) -> Vec<u8> {
    let (i, l, f) = (ValType::I32, ValType::I64, ValType::F64);
    let signatures: [(&str, &[ValType], &[ValType]); 7] = [
        ("sysdl_init", &[l], &[i]),
        ("sysdl_run", &[l, l], &[i]),
        ("sysdl_now", &[], &[l]),
        ("sysdl_set", &[i, f], &[i]),
        ("sysdl_columns", &[], &[i]),
        ("sysdl_records", &[], &[i]),
        ("sysdl_digest", &[i], &[l]),
    ];
    let (mut types, mut functions, mut exports, mut code) =
        (TypeSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
    for (index, (name, parameters, results)) in signatures.into_iter().enumerate() {
        types.ty().function(parameters.iter().copied(), results.iter().copied());
        functions.function(index as u32);
        exports.export(name, ExportKind::Func, index as u32 + u32::from(import));
        let mut body = Function::new([]);
        match (name, results) {
            ("sysdl_run", _) => run(&mut body.instructions()),
            ("sysdl_init", _) => _ = body.instructions().i32_const(0),
            (_, [ValType::I32]) => _ = body.instructions().i32_const(word as i32),
            _ => _ = body.instructions().i64_const(word),
        }
        body.instructions().end();
        code.function(&body);
    }
    exports.export("memory", ExportKind::Memory, 0);
    let mut memory = MemorySection::new();
    memory.memory(MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: false, page_size_log2: None });
    let mut module = Module::new();
    module.section(&types);
    if import {
        let mut imports = ImportSection::new();
        imports.import("env", "clock", wasm_encoder::EntityType::Function(2));
        module.section(&imports);
    }
    module.section(&functions).section(&memory).section(&exports).section(&code);
    module.section(&CustomSection { name: "sysdl.meta".into(), data: honest_meta().into() });
    module.finish()
}

fn run(wasm: &[u8]) -> Result<Status, HostError> {
    let prepared = Prepared::foreign(wasm)?;
    let mut guest = prepared.instantiate()?;
    let trace = drive(&mut guest, prepared.meta(), 1, Limits { events: 1_000 }, |_| true)?;
    // Whatever it said of itself can be reported.
    let _ = Report::of(&trace, &[], "foreign.wasm");
    Ok(trace.status)
}

#[test]
fn a_module_that_never_comes_back_is_interrupted() {
    let began = Instant::now();
    let endless = module(
        false,
        |f| {
            f.loop_(BlockType::Empty).br(0).end().i32_const(0);
        },
        0,
    );
    assert!(matches!(run(&endless), Err(HostError::Trap(_))));
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
}

#[test]
fn a_module_that_never_gets_on_is_given_up() {
    for code in [0, 2] {
        let idle = module(false, |f| _ = f.i32_const(code), 0);
        assert_eq!(run(&idle).expect("it does not trap"), Status::OutOfBudget);
    }
}

#[test]
fn a_module_that_points_anywhere_is_read_as_nothing() {
    for word in [-1, i64::MAX, 65_530, 1 << 31] {
        let wild = module(false, |f| _ = f.i32_const(1), word);
        run(&wild).expect("it does not trap");
    }
}

#[test]
fn a_module_that_wants_something_or_returns_nonsense_is_refused() {
    assert!(
        matches!(run(&module(true, |f| _ = f.i32_const(0), 0)), Err(HostError::Imports(name)) if name == "env.clock")
    );
    assert!(matches!(run(&module(false, |f| _ = f.i32_const(77), 0)), Err(HostError::Refused(77))));
    assert!(matches!(run(b"\0asm\x01\0\0\0"), Err(HostError::Meta(_))));
}
