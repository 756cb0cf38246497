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
step format;      cargo fmt --all --check; (cd benches && cargo fmt --all --check)
step lints;       cargo clippy --release --workspace --all-targets --quiet -- -D warnings
                  # The machine is there for modules alone.
                  cargo clippy --release -p sysdl-kernel --features machine --target wasm32-unknown-unknown --quiet -- -D warnings
step tests;       cargo test --release --workspace
step blueprints;  cargo run --release --quiet -- test blueprints --ci
step style;       cargo run --release --quiet -- fmt --check blueprints tests/theory tests/kinds crates/sysdl/std
step checks;      cargo run --release --quiet -- check blueprints
step costs;       benches/smoke.sh
step page
if ! command -v chromium >/dev/null || ! command -v npm >/dev/null; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  command -v chromium >/dev/null || $sudo apt-get install -qq -y chromium
  command -v npm >/dev/null || $sudo apt-get install -qq -y npm
fi
cargo build --release --quiet # the tests open the page that is in the binary
(
  cd crates/web/tests
  [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --no-audit --no-fund
  node --test --test-concurrency=1
)
