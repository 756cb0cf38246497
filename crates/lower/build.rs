//! Builds the kernel for wasm32 and prepares it, once, as the template that modules are linked from.
//!
//! Before: `crates/kernel` in source.
//! After, in `OUT_DIR`: `code.bin`, the bodies of its functions end to end; `data.bin`, its data
//! segments; and `template.rs`, which says where each lies, who calls whom, and at which address the
//! header is. Linking a module then needs no wasm parser, so neither does a browser that compiles.

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use walrus::{ExportItem, Module, ModuleConfig, ValType};
use wasmparser::{ExternalKind, Operator, Parser, Payload};

/// What is missing when the wasm target is, and the line that mends it.
const NO_TARGET: &str =
    "the target wasm32-unknown-unknown is not installed\nfix it with:  rustup target add wasm32-unknown-unknown";

/// If this is set in the environment the kernel is built in a hurry, for tests that break it on purpose: the modules do the
/// same, slower, and are larger.
const QUICK: &str = "SYSDL_KERNEL_QUICK";

fn main() -> Result<(), Box<dyn Error>> {
    let kernel = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../kernel");
    for path in ["src", "Cargo.toml"] {
        println!("cargo::rerun-if-changed={}", kernel.join(path).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={QUICK}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let wasm = build(&kernel, &out)?;
    let prepared = prepare(&std::fs::read(wasm)?)?;
    describe(&prepared, &out)
}

/// Compiles the kernel to wasm in a target folder of its own, so that the outer build's lock is free.
fn build(kernel: &Path, out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let target = out.join("kernel");
    let workspace = kernel.join("../..").canonicalize()?;
    let (level, link, units) = if env::var_os(QUICK).is_some() { ("1", "'off'", "16") } else { ("'s'", "'fat'", "1") };
    let run = Command::new(env::var("CARGO")?)
        .current_dir(kernel)
        .args(["rustc", "--lib", "--crate-type", "cdylib", "--features", "machine", "--release", "--quiet"])
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(&target)
        .args(["--config", &format!("profile.release.opt-level={level}")])
        .args(["--config", &format!("profile.release.lto={link}")])
        .args(["--config", &format!("profile.release.codegen-units={units}")])
        .args(["--config", "profile.release.panic='abort'"])
        .env("CARGO_ENCODED_RUSTFLAGS", format!("--remap-path-prefix={}=/sysdl", workspace.display()))
        .env("CARGO_INCREMENTAL", if env::var_os(QUICK).is_some() { "1" } else { "0" })
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .output()?;
    if !run.status.success() {
        let errors = String::from_utf8_lossy(&run.stderr);
        if errors.contains("target may not be installed") || errors.contains("can't find crate for `core`") {
            eprintln!("error: {NO_TARGET}");
            exit(1);
        }
        return Err(format!("the kernel does not build:\n{errors}").into());
    }
    Ok(target.join("wasm32-unknown-unknown/release/sysdl_kernel.wasm"))
}

/// The kernel with a body of its own for `dispatch`, and where its header and heap begin.
struct Prepared {
    wasm: Vec<u8>,
    header: u32,
    heap: u32,
}

/// Gives `dispatch` a body to be replaced, drops what nothing reaches, fixes the order of functions.
fn prepare(wasm: &[u8]) -> Result<Prepared, Box<dyn Error>> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false).generate_dwarf(false);
    let mut module: Module = config.parse(wasm)?;
    let dispatch = module.imports.get_func("env", "dispatch").map_err(|_| "the kernel does not import env.dispatch")?;
    let local = module.replace_imported_func(dispatch, |(body, _)| {
        body.unreachable();
    })?;
    module.exports.add("dispatch", local);
    let header = address(&module, "HEADER")?;
    let heap = address(&module, "__heap_base")?;
    for name in ["HEADER", "__heap_base", "__data_end"] {
        let _ = module.exports.remove(name);
    }
    walrus::passes::gc::run(&mut module);
    if module.imports.iter().next().is_some() {
        return Err("the kernel imports something besides dispatch".into());
    }
    Ok(Prepared { wasm: module.emit_wasm(), header, heap })
}

/// The value of an exported address.
fn address(module: &Module, name: &str) -> Result<u32, Box<dyn Error>> {
    let export = module.exports.iter().find(|export| export.name == name);
    let Some(ExportItem::Global(global)) = export.map(|export| export.item) else {
        return Err(format!("the kernel does not export the address of {name}").into());
    };
    let global = module.globals.get(global);
    match &global.kind {
        walrus::GlobalKind::Local(walrus::ConstExpr::Value(walrus::ir::Value::I32(value)))
            if global.ty == ValType::I32 =>
        {
            Ok(*value as u32)
        }
        _ => Err(format!("{name} is not a constant address").into()),
    }
}

/// Writes the template's parts and `template.rs`.
fn describe(prepared: &Prepared, out: &Path) -> Result<(), Box<dyn Error>> {
    let (mut types, mut functions, mut names) = (String::new(), Vec::new(), Vec::new());
    let (mut code, mut data) = (Vec::new(), Vec::new());
    let (mut bodies, mut segments, mut stack_pointer) = (String::new(), String::new(), None);
    for payload in Parser::new(0).parse_all(&prepared.wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                for kind in section.into_iter_err_on_gc_types() {
                    let kind = kind?;
                    writeln!(types, "    (&{:?}, &{:?}),", codes(kind.params()), codes(kind.results()))?;
                }
            }
            Payload::FunctionSection(section) => {
                functions = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
            }
            Payload::GlobalSection(section) => {
                let mut globals = section.into_iter();
                let first = globals.next().ok_or("no stack pointer")??;
                if globals.next().is_some() {
                    return Err("the kernel has a global besides the stack pointer".into());
                }
                stack_pointer = match first.init_expr.get_operators_reader().read()? {
                    Operator::I32Const { value } => Some(value),
                    _ => None,
                };
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        names.push((export.name.to_owned(), export.index));
                    }
                }
            }
            Payload::ElementSection(_) => return Err("the kernel calls through a table".into()),
            Payload::CodeSectionEntry(body) => {
                let mut callees = BTreeSet::new();
                for operator in body.get_operators_reader()? {
                    if let Operator::Call { function_index } = operator? {
                        callees.insert(function_index);
                    }
                }
                let start = code.len();
                code.extend_from_slice(&prepared.wasm[body.range()]);
                let calls: Vec<u32> = callees.into_iter().collect();
                hold_reads(&body, &code[start..], prepared.header)?;
                writeln!(bodies, "    ({start}, &{calls:?}),")?;
            }
            Payload::DataSection(section) => {
                for segment in section {
                    let segment = segment?;
                    let wasmparser::DataKind::Active { offset_expr, .. } = segment.kind else {
                        return Err("the kernel has a passive data segment".into());
                    };
                    let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                        return Err("a data segment lies at no constant address".into());
                    };
                    let start = data.len();
                    data.extend_from_slice(segment.data);
                    writeln!(segments, "    ({value}, {start}..{}),", data.len())?;
                }
            }
            _ => {}
        }
    }
    let text = format!(
        "const HEADER: u32 = {};\nconst HEAP: u32 = {};\nconst STACK: i32 = {};\n\
         static TYPES: &[(&[u8], &[u8])] = &[\n{types}];\n\
         static FUNCTIONS: &[u8] = &{functions:?};\n\
         static BODIES: &[(u32, &[u16])] = &[\n{bodies}];\n\
         static EXPORTS: &[(&str, u32)] = &{names:?};\n\
         static SEGMENTS: &[(i32, Range<usize>)] = &[\n{segments}];\n",
        prepared.header,
        prepared.heap,
        stack_pointer.ok_or("the stack pointer has no constant value")?,
    );
    std::fs::write(out.join("template.rs"), text)?;
    std::fs::write(out.join("code.bin"), &code)?;
    std::fs::write(out.join("data.bin"), &data)?;
    Ok(())
}

/// Holds that what looks like reading the header is: `i32.const 0`, an opcode, an alignment, an address in three bytes. The
/// emitter puts numbers in the place of all such bytes (`template::body_for`).
fn hold_reads(body: &wasmparser::FunctionBody<'_>, bytes: &[u8], header: u32) -> Result<(), Box<dyn Error>> {
    let (mut zero_at, mut found) = (None, 0);
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let at = operators.original_position();
        let operator = operators.read()?;
        if let (Operator::I32Load { memarg } | Operator::I64Load { memarg }, Some(zero_at)) = (&operator, zero_at)
            && memarg.offset >= u64::from(header)
        {
            found += usize::from(operators.original_position() - zero_at == 7);
        }
        zero_at = matches!(operator, Operator::I32Const { value: 0 }).then_some(at);
    }
    let seems = bytes.windows(7).filter(|seven| {
        let [0x41, 0, 0x28 | 0x29, _, low, middle, high] = **seven else { return false };
        let address = u32::from(low & 0x7f) | u32::from(middle & 0x7f) << 7 | u32::from(high) << 14;
        low & middle & 0x80 != 0 && address >= header
    });
    if seems.count() == found {
        Ok(())
    } else {
        Err("bytes of the kernel look like reading its header and are not".into())
    }
}

/// Value types as the letters that the template's reader knows.
fn codes(types: &[wasmparser::ValType]) -> Vec<u8> {
    types
        .iter()
        .map(|kind| match kind {
            wasmparser::ValType::I32 => b'i',
            wasmparser::ValType::I64 => b'l',
            wasmparser::ValType::F32 => b'f',
            wasmparser::ValType::F64 => b'd',
            other => panic!("the kernel passes a {other}"),
        })
        .collect()
}
