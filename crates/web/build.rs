//! Compiles the page's compiler for wasm32, and lists the files of the page.
//!
//! After, in `OUT_DIR`: `compiler.wasm`; `page`, the files of `page` without what only people read, those of the first load as
//! one, and those of the worker as another; and `files.rs` and `blueprints.rs`, which embed them and every blueprint. No node is needed.

#[path = "src/gathered.rs"]
mod gathered;
#[path = "src/imports.rs"]
mod imports;
#[path = "src/lean.rs"]
mod lean;

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The module that a browser asks for.
const ENTRY: &str = "app.mjs";
/// The module that a worker begins with, and the script that it becomes with all that it imports: no other kind of worker
/// starts from a file on a disk.
const WORKER: [&str; 2] = ["worker.mjs", "worker.js"];
/// What lies here is a part of the worker alone.
const OF_WORKER: &str = "worker/";

/// If this names a file, it is taken for the compiler: for work on the page alone.
const READY: &str = "SYSDL_COMPILER_WASM";

/// What the compiler is made of, seen from this folder.
const SOURCES: [&str; 6] = ["compiler", "../sysdl", "../lower", "../runtime", "../kernel", "../picture"];

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-env-changed={READY}");
    println!("cargo::rerun-if-changed=build.rs");
    for source in ["gathered", "imports", "lean"] {
        println!("cargo::rerun-if-changed=src/{source}.rs");
    }
    println!("cargo::rerun-if-changed=page");
    println!("cargo::rerun-if-changed=../../blueprints");
    let wasm = match env::var_os(READY) {
        Some(path) => PathBuf::from(path),
        None => build(&here, &out)?,
    };
    fs::copy(wasm, out.join("compiler.wasm"))?;
    let page = out.join("page");
    if page.exists() {
        fs::remove_dir_all(&page)?;
    }
    made_lean(&here.join("page"), &page)?;
    fs::write(out.join("files.rs"), listed(&page)?)?;
    fs::write(out.join("blueprints.rs"), listed(&here.join("../../blueprints").canonicalize()?)?)?;
    Ok(())
}

/// Compiles in a target folder of its own, so that the outer build's lock is free.
fn build(here: &Path, out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    for source in SOURCES {
        for part in ["src", "std", "Cargo.toml", "build.rs"] {
            let path = here.join(source).join(part);
            if path.exists() {
                println!("cargo::rerun-if-changed={}", path.display());
            }
        }
    }
    let target = out.join("compiler");
    let workspace = here.join("../..").canonicalize()?;
    let flags = [
        format!("--remap-path-prefix={}=/sysdl", workspace.display()),
        // Rounds of hashing in a loop rather than unrolled.
        "--cfg=sha2_backend_soft=\"compact\"".to_owned(),
        // Functions of equal code are one, which is not done by itself where code is to be small.
        "-Cpasses=mergefunc".to_owned(),
    ];
    let run = Command::new(env::var("CARGO")?)
        .current_dir(here.join("compiler"))
        .args([
            "rustc",
            "--lib",
            "--crate-type",
            "cdylib",
            "--release",
            "--quiet",
            "--target",
            "wasm32-unknown-unknown",
        ])
        .arg("--target-dir")
        .arg(&target)
        .args(["--config", "profile.release.opt-level='z'", "--config", "profile.release.lto='fat'"])
        .args(["--config", "profile.release.codegen-units=1", "--config", "profile.release.panic='abort'"])
        // Of the last crate alone: addresses in as few bytes as they need, since nothing will be linked to it.
        .args(["--", "-C", "link-arg=--compress-relocations"])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .output()?;
    if !run.status.success() {
        return Err(format!("the page's compiler does not build:\n{}", String::from_utf8_lossy(&run.stderr)).into());
    }
    Ok(target.join("wasm32-unknown-unknown/release/sysdl_page.wasm"))
}

/// Copies the files of the page as they are served.
fn made_lean(page: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let read = |path: &str| fs::read_to_string(page.join(path)).map_err(|e| format!("{path}: {e}"));
    let mut first = gathered::gathered(ENTRY, &read)?;
    let mut found = Vec::new();
    search(page, page, &mut found)?;
    found.retain(|path| !first.holds(path) && path != WORKER[0] && !path.starts_with(OF_WORKER));
    let mut files = Vec::new();
    for path in found {
        let text = read(&path)?;
        let imports = path.ends_with(".mjs") && !path.starts_with("vendor/");
        files.push((if imports { first.imported_by(&path, &text, ENTRY)? } else { text }, path));
    }
    files.push((first.text(), ENTRY.to_owned()));
    let worker = gathered::gathered(WORKER[0], &read)?.text();
    files.push((format!("\"use strict\";\n{worker}"), WORKER[1].to_owned()));
    for (text, path) in files {
        let made = to.join(&path);
        fs::create_dir_all(made.parent().ok_or("a file lies in a folder")?)?;
        fs::write(made, lean::lean(&path, &text))?;
    }
    Ok(())
}

/// The table of files, in order.
fn listed(page: &Path) -> Result<String, Box<dyn Error>> {
    let mut found = Vec::new();
    search(page, page, &mut found)?;
    found.sort();
    let mut text = String::from("&[\n");
    for path in found {
        writeln!(text, "    File {{ path: {path:?}, bytes: include_bytes!({:?}) }},", page.join(&path))?;
    }
    text.push(']');
    Ok(text)
}

fn search(page: &Path, folder: &Path, found: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            // What a blueprint is expected to do is no part of it.
            if !path.ends_with("goldens") {
                search(page, &path, found)?;
            }
        } else {
            found.push(path.strip_prefix(page)?.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}
