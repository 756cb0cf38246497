//! Builds the kernel for wasm32 and prepares it, once, as the template that modules are linked from.
//!
//! Before: `crates/kernel` in source.
//! After, in `OUT_DIR`: `code.bin`, the bodies of its functions end to end; `data.bin`, its data
//! segments; and `template.rs`, which says where each lies, and at which address the
//! header is. Linking a module then needs no wasm parser, so neither does a browser that compiles.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use sysdl_kernel::layout::Tagged;
use walrus::{ExportItem, Module, ModuleConfig, ValType};
use wasmparser::{BlockType, ExternalKind, MemArg, Operator, Parser, Payload};

/// What is missing when the wasm target is, and the line that mends it.
const NO_TARGET: &str =
    "the target wasm32-unknown-unknown is not installed\nfix it with:  rustup target add wasm32-unknown-unknown";

/// If this is set in the environment the kernel is built in a hurry, for tests that break it on purpose: the modules do the
/// same, slower, and are larger.
const QUICK: &str = "SYSDL_KERNEL_QUICK";

/// What a function of the kernel may cost, as LLVM reckons, to stand in place of a call of it; it has 225 by itself. The linker
/// knows better where that pays: it puts more in line where a system is small.
const IN_LINE: u32 = 10;

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
    let (level, link, units) = if env::var_os(QUICK).is_some() { ("1", "'off'", "16") } else { ("2", "'fat'", "1") };
    let run = Command::new(env::var("CARGO")?)
        .current_dir(kernel)
        .args(["rustc", "--lib", "--crate-type", "cdylib", "--features", "machine", "--release", "--quiet"])
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(&target)
        .args(["--config", &format!("profile.release.opt-level={level}")])
        .args(["--config", &format!("profile.release.lto={link}")])
        .args(["--config", &format!("profile.release.codegen-units={units}")])
        .args(["--config", "profile.release.panic='abort'"])
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            format!("--remap-path-prefix={}=/sysdl\x1f-Cllvm-args=-inline-threshold={IN_LINE}", workspace.display()),
        )
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

/// What calls generated code, by the number of a label.
const GENERATED: [&str; 2] = ["dispatch", "dispatch_straight"];

/// The kernel with bodies of its own for what is generated, and where its header and heap begin.
struct Prepared {
    wasm: Vec<u8>,
    header: u32,
    heap: u32,
}

/// Gives what is generated a body to be replaced, drops what nothing reaches, fixes the order of functions.
fn prepare(wasm: &[u8]) -> Result<Prepared, Box<dyn Error>> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false).generate_dwarf(false);
    let mut module: Module = config.parse(wasm)?;
    for name in GENERATED {
        let import =
            module.imports.get_func("env", name).map_err(|_| format!("the kernel does not import env.{name}"))?;
        let local = module.replace_imported_func(import, |(body, _)| {
            body.unreachable();
        })?;
        module.exports.add(name, local);
    }
    let header = address(&module, "HEADER")?;
    let heap = address(&module, "__heap_base")?;
    for name in ["HEADER", "__heap_base", "__data_end"] {
        let _ = module.exports.remove(name);
    }
    walrus::passes::gc::run(&mut module);
    if module.imports.iter().next().is_some() {
        return Err("the kernel imports something that is not generated".into());
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
    let (mut types, mut types_count) = (Vec::new(), 0);
    let (mut functions, mut names) = (Vec::new(), Vec::new());
    let (mut code, mut data) = (Vec::new(), Vec::new());
    let (mut bodies, mut segments, mut stack_pointer) = (String::new(), String::new(), None);
    for payload in Parser::new(0).parse_all(&prepared.wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                for kind in section.into_iter_err_on_gc_types() {
                    let kind = kind?;
                    types.extend(codes(kind.params()));
                    types.push(codes(kind.results()).first().map_or(0, |code| code - RESULT));
                    types_count += 1;
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
                let start = code.len();
                write_body(&body, &prepared.wasm, &mut code)?;
                writeln!(bodies, "    {},", code.len() - start)?;
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
    names.sort();
    let text = format!(
        "const HEADER: u32 = {};\nconst HEAP: u32 = {};\nconst STACK: i32 = {};\n\
         pub(super) const TYPES_COUNT: u32 = {types_count};\n\
         static TYPES: &[u8] = &{types:?};\n\
         static FUNCTIONS: &[u8] = &{functions:?};\n\
         static SIZES: &[u16] = &[\n{bodies}];\n\
         static NAMES: &str = {:?};\n\
         static NAMED: &[u16] = &{:?};\n\
         static SEGMENTS: &[(i32, Range<usize>)] = &[\n{segments}];\n",
        prepared.header,
        prepared.heap,
        stack_pointer.ok_or("the stack pointer has no constant value")?,
        names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join("\n"),
        names.iter().map(|(_, index)| *index).collect::<Vec<u32>>(),
    );
    std::fs::write(out.join("template.rs"), text)?;
    std::fs::write(out.join("code.bin"), &code)?;
    std::fs::write(out.join("data.bin"), &data)?;
    Ok(())
}

/// Writes the body of a function as the linker reads it (`src/emit/fold/reader.rs`): where it reads a field of a row, the table
/// stands, and the offset without its tag.
fn write_body(body: &wasmparser::FunctionBody<'_>, wasm: &[u8], code: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    let mut operators = body.get_operators_reader()?;
    code.extend(&wasm[body.range().start..operators.original_position()]);
    while !operators.eof() {
        let at = operators.original_position();
        let operator = operators.read()?;
        let bytes = &wasm[at..operators.original_position()];
        let (loads, memory) = memory_of(&operator)?;
        match (memory.map(|memory| (memory, Tagged::of_offset(memory.offset as u32))), &operator) {
            (Some((_, Some(_))), _) if !loads => return Err("the kernel writes to a row".into()),
            (Some((memory, Some((table, offset)))), _) => {
                code.push(bytes[0]);
                write_u32(code, u32::from(memory.align) | (table as u32 + 1) << ALIGN_BITS);
                write_u32(code, offset);
            }
            (_, &Operator::I32Const { value }) if Tagged::seems(value as u32) => {
                return Err(format!("the kernel has a number that looks like a tag: {value}").into());
            }
            (_, &Operator::I32Const { value }) => match Tagged::of_offset(value as u32) {
                Some((table, offset)) => {
                    code.push(OFFSET);
                    write_u32(code, table as u32);
                    write_u32(code, offset);
                }
                None => code.extend(bytes),
            },
            _ => code.extend(bytes),
        }
    }
    Ok(())
}

/// Bits of an alignment below the table.
const ALIGN_BITS: u32 = 2;
/// The operation that is the offset of a field.
const OFFSET: u8 = 0x06;

/// Which memory an operation loads from, or stores to. An error if it is one that the linker does not read.
fn memory_of(operator: &Operator<'_>) -> Result<(bool, Option<MemArg>), Box<dyn Error>> {
    match *operator {
        Operator::I32Load { memarg }
        | Operator::I64Load { memarg }
        | Operator::F32Load { memarg }
        | Operator::F64Load { memarg }
        | Operator::I32Load8S { memarg }
        | Operator::I32Load8U { memarg }
        | Operator::I32Load16S { memarg }
        | Operator::I32Load16U { memarg }
        | Operator::I64Load8S { memarg }
        | Operator::I64Load8U { memarg }
        | Operator::I64Load16S { memarg }
        | Operator::I64Load16U { memarg }
        | Operator::I64Load32S { memarg }
        | Operator::I64Load32U { memarg } => Ok((true, Some(memarg))),
        Operator::I32Store { memarg }
        | Operator::I64Store { memarg }
        | Operator::F32Store { memarg }
        | Operator::F64Store { memarg }
        | Operator::I32Store8 { memarg }
        | Operator::I32Store16 { memarg }
        | Operator::I64Store8 { memarg }
        | Operator::I64Store16 { memarg }
        | Operator::I64Store32 { memarg } => Ok((false, Some(memarg))),
        Operator::Block { blockty: BlockType::FuncType(_) }
        | Operator::Loop { blockty: BlockType::FuncType(_) }
        | Operator::If { blockty: BlockType::FuncType(_) }
        | Operator::TypedSelect { .. } => Err(format!("the linker does not read {operator:?}").into()),
        _ => Ok((true, None)),
    }
}

fn write_u32(code: &mut Vec<u8>, mut value: u32) {
    while value > 0x7f {
        code.push(value as u8 | 0x80);
        value >>= 7;
    }
    code.push(value as u8);
}

/// Taken from the code of a result, which so ends a type: other codes are larger.
const RESULT: u8 = 0x40;

/// Value types as a module writes them.
fn codes(types: &[wasmparser::ValType]) -> Vec<u8> {
    types
        .iter()
        .map(|kind| match kind {
            wasmparser::ValType::I32 => 0x7f,
            wasmparser::ValType::I64 => 0x7e,
            wasmparser::ValType::F32 => 0x7d,
            wasmparser::ValType::F64 => 0x7c,
            other => panic!("the kernel passes a {other}"),
        })
        .collect()
}
