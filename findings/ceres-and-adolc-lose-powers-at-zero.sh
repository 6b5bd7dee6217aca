#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Ceres 2.1.0 (Jet) and ADOL-C 2.7.2 (Debian 12), derivatives of pow(x, 0.0) and pow(x, 1.0) at x = 0.
#
# Expected: 0 and 1: the functions are 1 and x, and have no singular point.
# Seen:     Ceres has NaN for the first (0 times 0 to the power -1), and 1 for the second. ADOL-C has 0 for both, with the return code of success. At x = 1e-300 all are right. The values are right throughout.
# Why it matters: polynomials and monomial dictionaries are written as a loop over pow(x, k), k = 0, 1, 2, ..., and 0 is where symmetric problems start and where a mean is subtracted to. One library's gradient is
#           NaN there, the other's lacks its linear term, so that 0 looks like a stationary point of x + x^2. Multiply powers up in the loop.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libceres-dev=2.1.0+really2.1.0+dfsg-1 libadolc-dev=2.7.2-6 libadolc2=2.7.2-6 libeigen3-dev=3.4.0-4 >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" .; done
cat >powers.cpp <<'CPP'
#include <cmath>
#include <cstdio>

#include <adolc/adolc.h>
#include <ceres/jet.h>

double by_ceres(double x, double exponent) { return pow(ceres::Jet<double, 1>(x, 0), exponent).v[0]; }

double by_adolc(double x, double exponent, int &code) {
  trace_on(1);
  adouble at;
  at <<= x;
  adouble power = pow(at, exponent);
  double value = 0, derivative = -1;
  power >>= value;
  trace_off();
  code = gradient(1, 1, &x, &derivative);
  return derivative;
}

int main() {
  double seen[2][2][2];
  bool success = true;
  for (int k = 0; k < 2; ++k)
    for (int row = 0; row < 2; ++row) {
      int code = 0;
      const double x = row == 0 ? 0.0 : 1e-300;
      seen[row][k][0] = by_ceres(x, k);
      seen[row][k][1] = by_adolc(x, k, code);
      success = success && code >= 0;
      std::printf("derivative of pow(x, %d.0) at %g: Ceres %g, ADOL-C %g (code %d)\n", k, x, seen[row][k][0], seen[row][k][1], code);
    }
  const bool near = seen[1][0][0] == 0 && seen[1][0][1] == 0 && std::abs(seen[1][1][0] - 1) < 1e-12 && std::abs(seen[1][1][1] - 1) < 1e-12;
  const bool at_zero = std::isnan(seen[0][0][0]) && seen[0][1][0] == 1 && seen[0][0][1] == 0 && seen[0][1][1] == 0;
  return near && at_zero && success ? 0 : 1;
}
CPP
c++ -std=c++17 -O1 -w -isystem usr/include -isystem usr/include/eigen3 powers.cpp -o powers usr/lib/x86_64-linux-gnu/libadolc.so.2
LD_LIBRARY_PATH=usr/lib/x86_64-linux-gnu ./powers
