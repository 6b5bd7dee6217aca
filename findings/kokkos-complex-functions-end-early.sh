#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Kokkos 4.7.0, functions of Kokkos::complex<double> against those of std::complex<double>, on the host.
#
# Expected: the same numbers to rounding: the type is meant as the std::complex that runs on a device.
# Seen:     tanh(800 + i) is NaN + NaN i (std: 1), tan(1 + 800 i) NaN + NaN i (std: i), asinh(-1e9) is -inf (std: -21.4), asinh(-1e5) has 7 digits. The square root on the cut does not see the sign of zero:
#           sqrt(-1 - 0 i) is i (std: -i).
# Why it matters: powers and logarithms of Koopman eigenvalues, kernels and activation functions of complex arguments: a tanh that is saturated ends a run with NaN, and a pair of conjugate
#           numbers on the negative axis does not stay one through sqrt. On the host use std; on a device treat large arguments first.
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
cat >functions.cpp <<'CPP'
#include <cmath>
#include <complex>
#include <cstdio>

#include <Kokkos_Complex.hpp>

using K = Kokkos::complex<double>;
using S = std::complex<double>;

S show(const char *name, K by_kokkos, S by_std) {
  std::printf("%-14s Kokkos %.12g %+.12g i, std %.12g %+.12g i\n", name, by_kokkos.real(), by_kokkos.imag(), by_std.real(), by_std.imag());
  return {by_kokkos.real(), by_kokkos.imag()};
}

bool none(S z) { return std::isnan(z.real()) && std::isnan(z.imag()); }

int main() {
  std::printf("Kokkos %d\n", KOKKOS_VERSION);
  const double zero = 0.0;
  bool same = none(show("tanh(800 + i)", Kokkos::tanh(K(800, 1)), std::tanh(S(800, 1)))) && std::tanh(S(800, 1)).real() == 1;
  same = none(show("tan(1 + 800 i)", Kokkos::tan(K(1, 800)), std::tan(S(1, 800)))) && same;
  same = std::isinf(show("asinh(-1e9)", Kokkos::asinh(K(-1e9, 0)), std::asinh(S(-1e9, 0))).real()) && same;
  const double error = std::abs(show("asinh(-1e5)", Kokkos::asinh(K(-1e5, 0)), std::asinh(S(-1e5, 0))).real() - std::asinh(-1e5));
  same = error > 1e-8 && same;
  same = show("sqrt(-1 - 0 i)", Kokkos::sqrt(K(-1, -zero)), std::sqrt(S(-1, -zero))).imag() == 1 && std::sqrt(S(-1, -zero)).imag() == -1 && same;
  const S middle = show("tanh(1 + i)", Kokkos::tanh(K(1, 1)), std::tanh(S(1, 1)));
  return same && std::abs(middle - std::tanh(S(1, 1))) < 1e-14 ? 0 : 1;
}
CPP
c++ -std=c++17 -w -isystem build -isystem build/core/src -isystem kokkos/core/src -isystem kokkos/tpls/desul/include -isystem kokkos/tpls/mdspan/include -isystem build/tpls/desul \
  -isystem build/tpls/desul/include functions.cpp -o functions
./functions
