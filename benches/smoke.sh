#!/usr/bin/env bash
# Holds what a request costs, in instructions, to benches/fuel.txt, and the programs written by hand to the modules' digests.
# Usage: benches/smoke.sh [--accept]
set -euo pipefail
cd "$(dirname "$0")"
exec cargo run --release --quiet --bin smoke -- "$@"
