#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The copies of a library for the levels of x86-64: the dynamic loader takes the highest that the processor has, in the build tree and where they are installed
# and moved, and those below where it is told so. Flags for one processor and a static Kokkos are refused.
# usage: levels.sh CMAKE SOURCE (of the repository). Exit status 77: not on this machine.
set -euo pipefail
cmake=$1 source=$2
loader=/lib64/ld-linux-x86-64.so.2
if [[ $(uname -m) != x86_64 || ! -x $loader ]] || ! "$loader" --help | grep -q glibc-hwcaps; then
  echo "skipped: no loader for levels of x86-64 here"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0
check() { # WHAT FOUND EXPECTED
  if [[ $2 == "$3" ]]; then echo "ok: $1"; else echo "FAILED: $1: '$2' instead of '$3'"; failures=$((failures + 1)); fi
}
configure() { "$cmake" -S "$source/tests/consumers/levels" -B "$folder/build" "-DKSWGD_SOURCE=$source" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS= "$@"; }
refuses() { # SENTENCE ARGUMENTS
  rm -rf "$folder/build"
  check "'$1' is said" "$(configure "${@:2}" 2>&1 | tr -s ' \n' ' ' | grep -c -F -e "$1")" 1
}

export CXXFLAGS=
refuses "build Kokkos without Kokkos_ARCH_*" -DKOKKOS_TYPE=SHARED -DKOKKOS_FLAGS=-march=native
refuses "build Kokkos without Kokkos_ARCH_*" -DKOKKOS_TYPE=SHARED -DCMAKE_CXX_FLAGS=-mavx2
refuses "needs a shared Kokkos" -DKOKKOS_TYPE=STATIC
rm -rf "$folder/build"
if ! { configure -DKOKKOS_TYPE=SHARED && "$cmake" --build "$folder/build"; } >"$folder/log" 2>&1; then
  cat "$folder/log"
  exit 1
fi
"$cmake" --install "$folder/build" --prefix "$folder/first" >/dev/null
mv "$folder/first" "$folder/moved"

highest=baseline
supported=$("$loader" --help | grep -o 'x86-64-v[34] (supported' || true)
[[ $supported != *v3* ]] || highest=v3
[[ $supported != *v4* ]] || highest=v4
for program in "$folder/build/ask" "$folder/moved/bin/ask"; do
  check "the highest level" "$("$program")" "$highest"
  [[ $highest == baseline ]] || check "v3 where it is asked for" "$("$loader" --glibc-hwcaps-mask x86-64-v3 "$program")" v3
  check "the baseline where it is asked for" "$("$loader" --glibc-hwcaps-mask x86-64-v2 "$program")" baseline
done
for level in v3 v4; do
  file=$(find "$folder/moved" -path "*glibc-hwcaps/x86-64-$level/libkswgd_core.so")
  check "the copy for $level is installed" "$(basename "$file")" libkswgd_core.so
done
echo "$failures failures"
exit $((failures > 0))
