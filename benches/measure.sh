#!/usr/bin/env bash
# Measures, and writes the tables of docs/performance.md. Wants an otherwise idle machine.
# Usage: benches/measure.sh [ROUNDS] [WORKLOAD… | peers | passes | growth]
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v node >/dev/null; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq && $sudo apt-get install -qq -y nodejs
fi
cargo build --quiet --profile small --target wasm32-unknown-unknown --package sysdl-textbook
exec cargo run --release --quiet --features peers --bin measure -- "$@"
