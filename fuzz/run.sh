#!/usr/bin/env bash
# Fuzzes each target, or one, for some seconds, from the files of the test suite. Usage: fuzz/run.sh SECONDS [TARGET]
# The stable toolchain is enough, and no other tool is needed: libFuzzer comes with a crate, instrument.sh asks rustc for coverage.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?how many seconds}
built=$PWD/target/fuzz
# Without a sanitizer no nightly compiler is needed; there is next to no unsafe code in what is fuzzed.
RUSTC_WRAPPER=$PWD/fuzz/instrument.sh cargo build --release --quiet --manifest-path fuzz/Cargo.toml --target-dir "$built"
for target in ${2:-parser front_end module meta golden share}; do
  corpus=fuzz/corpus/$target
  mkdir -p "$corpus" "fuzz/artifacts/$target"
  case $target in
    golden) find blueprints/goldens -name '*.trace' -exec cp {} "$corpus" \; ;;
    meta)   for file in blueprints/*.sysdl; do
              cargo run --release --quiet -- build "$file" -o "$corpus/$(basename "$file" .sysdl).wasm"
            done ;;
    share)  for file in blueprints/*.sysdl; do
              cargo run --release --quiet -- link "$file" >"$corpus/$(basename "$file" .sysdl)" || true
            done ;;
    *)      find tests blueprints crates/sysdl/std -name '*.sysdl' -exec cp {} "$corpus" \; ;;
  esac
  [ -d "tests/hostile/$target" ] && cp "tests/hostile/$target"/* "$corpus"
  "$built/release/$target" "$corpus" -artifact_prefix="fuzz/artifacts/$target/" \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=20000 -dict=fuzz/words.dict -verbosity=0 -print_final_stats=1
done
