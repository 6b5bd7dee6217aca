#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Flags of a host under which the compiled library would not fit are refused by the headers in a sentence. usage: flags.sh COMPILER AND FLAGS
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include <kswgd/flow/flow.hpp>\n' >"$work/host.cpp"
mkdir "$work/other"
printf '#pragma once\n#include_next <Kokkos_Core.hpp>\n#undef KOKKOS_VERSION\n#define KOKKOS_VERSION 50901\n' >"$work/other/Kokkos_Core.hpp"
failures=0
# preprocesses WORDS FLAGS...: with these words in what the compiler says; without words it must have nothing to say.
preprocesses() {
  local words=$1 said status; shift
  said=$("${compiler[0]}" "$@" "${compiler[@]:1}" -E -o /dev/null "$work/host.cpp" 2>&1)
  status=$?
  if (((status != 0) == (${#words} > 0))) && [[ $said == *"$words"* ]]; then
    echo "ok: $*"
  else
    echo "FAILED: $*: status $status, '$words' is not in: $said"
    failures=$((failures + 1))
  fi
}
compiler=("$@")
preprocesses '' -std=c++20
preprocesses '' -std=c++20 -D_GLIBCXX_ASSERTIONS -march=x86-64
preprocesses 'kswgd needs C++20' -std=c++17
preprocesses 'kswgd reports errors by exceptions' -std=c++20 -fno-exceptions
preprocesses 'kswgd was compiled without _GLIBCXX_DEBUG' -std=c++20 -D_GLIBCXX_DEBUG
preprocesses 'kswgd was compiled with another Kokkos' -std=c++20 "-I$work/other"
exit $((failures > 0))
