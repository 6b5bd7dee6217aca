#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Kokkos 4.7.0, Random_XorShift64<Serial>::frand(), uniform numbers of single precision, 400 million of them.
#
# Expected: what the header says, numbers "in the range [0,1.0)": 1 is not among them.
# Seen:     1 comes about once in 34 million (2^25): a number of 64 bits is divided by the largest one, and rounded to 24 bits. frand(-1, 1) draws its upper end as often. Kokkos::fill_random and rand<float> go the same way. In double
#           precision it takes some 10^16 draws.
# Why it matters: a GPU draws that many in milliseconds. -log(1 - u) is infinite there, an index int(n * u) is one behind the last, an inverse cumulative distribution is evaluated outside of its table; once in a
#           long run, on another particle each time. Take log(u), whose end has the
#           probability 2^-64, and min(n - 1, ...) for indices.
#
# Needs CMake and a C++17 compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
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
cat >draws.cpp <<'CPP'
#include <cstdio>

#include <Kokkos_Random.hpp>

int main() {
  const long draws = 400'000'000;
  Kokkos::Random_XorShift64<Kokkos::Serial> one(12345), other(54321);
  long ends = 0, other_ends = 0, outside = 0;
  double sum = 0;
  for (long i = 0; i < draws; ++i) {
    const float u = one.frand(), v = other.frand(-1.0f, 1.0f);
    ends += u == 1.0f;
    other_ends += v == 1.0f;
    outside += u < 0 || u > 1 || v < -1 || v > 1;
    sum += u;
  }
  std::printf("Kokkos %d, %ld draws: frand() is 1 in %ld, frand(-1, 1) is 1 in %ld (by rounding %.1f each), outside of both %ld; mean %.5f\n", KOKKOS_VERSION, draws, ends, other_ends,
              double(draws) / (1 << 25), outside, sum / draws);
  return ends > 0 && other_ends > 0 && outside == 0 ? 0 : 1;
}
CPP
c++ -std=c++17 -O2 -w -isystem build -isystem build/core/src -isystem kokkos/core/src -isystem kokkos/algorithms/src -isystem kokkos/containers/src -isystem build/containers/src \
  -isystem kokkos/tpls/desul/include -isystem kokkos/tpls/mdspan/include -isystem build/tpls/desul -isystem build/tpls/desul/include draws.cpp -o draws
./draws
