#!/usr/bin/env bash
# A wrapper of rustc: what is ours reports which branches it takes, what it depends on is built as it is (the grammar's parser
# also runs within the compiler, where nobody takes reports).
name=
for ((i = 1; i <= $#; i++)); do
  if [ "${!i}" = --crate-name ]; then j=$((i + 1)); name=${!j}; fi
done
case $name in
  sysdl | sysdl_lower | sysdl_runtime | sysdl_kernel | parser | front_end | module | meta | golden | share | flate2 | miniz_oxide)
    exec "$@" --cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
      -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
      -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 ;;
  *) exec "$@" ;;
esac
