#!/usr/bin/env bash
# Fuzzes each target, or one, for some seconds, from the files of the test suite. Usage: fuzz/run.sh SECONDS [TARGET]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?how many seconds}
for target in ${2:-parser front_end module meta golden}; do
  corpus=fuzz/corpus/$target
  mkdir -p "$corpus"
  case $target in
    golden) find blueprints/goldens -name '*.trace' -exec cp {} "$corpus" \; ;;
    meta)   for file in blueprints/*.sysdl; do
              cargo run --release --quiet -- build "$file" -o "$corpus/$(basename "$file" .sysdl).wasm"
            done ;;
    *)      find tests blueprints crates/sysdl/std -name '*.sysdl' -exec cp {} "$corpus" \; ;;
  esac
  [ -d "tests/hostile/$target" ] && cp "tests/hostile/$target"/* "$corpus"
  # Without a sanitizer no nightly compiler is needed; there is next to no unsafe code in what is fuzzed.
  cargo fuzz run --sanitizer none "$target" "$corpus" -- \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=20000 -dict=fuzz/words.dict -verbosity=0 -print_final_stats=1
done
