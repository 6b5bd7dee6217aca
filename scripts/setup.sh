# shellcheck shell=bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sourced by scripts/demo and scripts/test: dependencies and a build of one preset, with the log where it can be read.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# kswgd_build PRESET [TARGET...]: all targets, or these; does nothing where they are up to date.
kswgd_build() {
  local preset=$1 backend=$1 targets=("${@:2}")
  local -a more=()
  case $preset in debug) backend=openmp ;; mpi) backend=openmp more=(--mpi) ;; asan | fuzz) backend=checked ;; coverage | tsan) backend=serial ;; esac
  "$root/scripts/deps" --backend "$backend" "${more[@]}" || return
  local log=$root/build/$preset.log
  if [[ ! -f $root/build/$preset/build.ninja || $root/build/deps/$backend.cmake -nt $root/build/$preset/build.ninja ]]; then
    echo "configuring build/$preset"
    (cd "$root" && cmake --preset "$preset") >"$log" 2>&1 || { tail -n 30 "$log" >&2; echo "error: configuring failed (whole log: $log)" >&2; return 1; }
  fi
  echo "building build/$preset (a few minutes the first time)"
  (cd "$root" && cmake --build --preset "$preset" ${targets[0]:+--target "${targets[@]}"}) >"$log" 2>&1 || { grep -E -A 5 'error|FAILED' "$log" | head -n 40 >&2; echo "error: the build failed (whole log: $log)" >&2; return 1; }
}
