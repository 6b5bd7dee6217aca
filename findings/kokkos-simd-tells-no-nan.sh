#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Kokkos 4.7.0, simd<double> compiled for AVX2, against the same program without it, where the same types are scalars, and against Kokkos' functions of a double.
#
# Expected: the same numbers; one program is compiled for several machines, and the scalar loop behind the vector loop has the rest of the rows.
# Seen:     x != x, the test for NaN, is false for NaN with AVX2 and true without. min(NaN, 1) is 1 with AVX2 and NaN without, min(1, NaN) NaN and 1; max is so, too. With either round(2.5) is 2 and round(-0.5)
#           is 0, where Kokkos::round of a double gives 3 and -1.
# Why it matters: a mask of bad rows, x != x, is empty on the machine that is used and was right where it was tested; where(x != x, x) = 0 leaves NaN in place. A clamp hides NaN on one machine and hands it on on the other. Bins
#           by round differ between the rows in vectors and those of the remainder. Use !(x == x).
#
# Needs CMake, a C++17 compiler and a processor with AVX2 (without one it says so and exits 0). Exit 0 while this is so, 1 once it is not.
set -euo pipefail
grep -q -w avx2 /proc/cpuinfo || { echo "no AVX2 here: nothing compared"; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
# This package's source holds Kokkos' own. Its headers are all that is needed, as CMake configures them.
venv/bin/pip install --quiet scikit-build-core setuptools
venv/bin/pip download --quiet --no-deps --no-build-isolation --no-binary :all: pygenten==0.1.5
tar xf pygenten-0.1.5.tar.gz pygenten-0.1.5/tpls/kokkos
mv pygenten-0.1.5/tpls/kokkos kokkos
cmake -S kokkos -B build -DKokkos_ENABLE_SERIAL=ON -DCMAKE_CXX_STANDARD=17 >/dev/null 2>&1
cat >lanes.cpp <<'CPP'
#include <cmath>
#include <cstdio>

#include <Kokkos_SIMD.hpp>

using Lanes = Kokkos::Experimental::native_simd<double>;

int main() {
  const Lanes nan(std::nan("")), one(1.0);
  const auto unlike = (nan != nan), like = (nan == nan);
  std::printf("NaN != NaN %d, NaN == NaN %d, min(NaN, 1) %s, min(1, NaN) %s, max(NaN, 1) %s", int(unlike[0]), int(like[0]), std::isnan(Kokkos::min(nan, one)[0]) ? "NaN" : "1",
              std::isnan(Kokkos::min(one, nan)[0]) ? "NaN" : "1", std::isnan(Kokkos::max(nan, one)[0]) ? "NaN" : "1");
  for (double x : {2.5, -0.5}) std::printf(", round(%g) %g (of a double %g)", x, Kokkos::round(Lanes(x))[0] + 0.0, Kokkos::round(x));
  std::printf("\n");
}
CPP
includes=(-isystem build -isystem build/core/src -isystem kokkos/core/src -isystem kokkos/simd/src -isystem kokkos/tpls/desul/include -isystem kokkos/tpls/mdspan/include -isystem build/tpls/desul
  -isystem build/tpls/desul/include)
c++ -std=c++17 -O1 -w "${includes[@]}" lanes.cpp -o scalar
c++ -std=c++17 -O1 -w -mavx2 -mfma -DKOKKOS_ARCH_AVX2 "${includes[@]}" lanes.cpp -o avx2
rounds='round(2.5) 2 (of a double 3), round(-0.5) 0 (of a double -1)'
scalar=$(./scalar)
avx2=$(./avx2)
printf 'scalar: %s\nAVX2:   %s\n' "$scalar" "$avx2"
[[ $scalar == "NaN != NaN 1, NaN == NaN 0, min(NaN, 1) NaN, min(1, NaN) 1, max(NaN, 1) NaN, $rounds" ]] || exit 1
[[ $avx2 == "NaN != NaN 0, NaN == NaN 0, min(NaN, 1) 1, min(1, NaN) NaN, max(NaN, 1) 1, $rounds" ]] || exit 1
