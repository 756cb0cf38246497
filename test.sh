#!/usr/bin/env bash
# Everything that must hold, with whatever it needs installed first. Usage: ./test.sh
set -euo pipefail
cd "$(dirname "$0")"

# What the tests need, on a machine that has rustup, apt and little else.
rustup target add wasm32-unknown-unknown >/dev/null 2>&1 || true
if ! command -v node >/dev/null; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq && $sudo apt-get install -qq -y nodejs
fi

step() { printf '\n== %s\n' "$*"; }
step format;      cargo fmt --all --check
step lints;       cargo clippy --release --workspace --all-targets --quiet -- -D warnings
step tests;       cargo test --release --workspace
step blueprints;  cargo run --release --quiet -- test blueprints --ci
step style;       cargo run --release --quiet -- fmt --check blueprints tests/theory tests/kinds crates/sysdl/std
step checks;      cargo run --release --quiet -- check blueprints
