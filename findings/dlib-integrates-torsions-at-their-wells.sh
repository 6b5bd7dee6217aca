#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# dlib 19.24 (Debian 12), integrate_function_adapt_simp(f, 0, 2 pi, 1e-10), the partition function of a torsion, the integral of exp(-5 (1 - cos(n phi))), with n = 1, 2, 3 and 4 wells.
#
# Expected: the same number for each n, 1.153221, to 1e-10 or so: the function is smooth and the method adapts itself until epsilon is met.
# Seen:     1.153221 for n = 1, 2 and 3, and 6.283185 for n = 4, the length of the interval, as if there were no barrier: the ends, the middle and the quarters all lie at the bottom of a well, where the function is 1, so
#           that the first two estimates agree. Wells that are moved by 0.1 give 4.2, no better, as all five points have moved along. The integral up to 1 and the one from there are right. sin^2(4 pi x) from 0 to 1 is 0.
# Why it matters: torsion potentials are periodic sums of such terms, over their whole period. The free energy is off by log 5.4, 1.7 kT, of one term and not of the others, and modes have no norm; nothing is returned
#           that could tell. Split the interval into unequal parts.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libdlib-dev=19.24+dfsg-1 >/dev/null 2>&1
dpkg -x ./*.deb .
cat >torsion.cpp <<'CPP'
#include <cmath>
#include <cstdio>
#include <limits>

#include <dlib/numerical_integration.h>
#include <dlib/revision.h>

double integral(int wells, double shift, double from, double to) {
  return dlib::integrate_function_adapt_simp([=](double phi) { return std::exp(-5 * (1 - std::cos(wells * (phi - shift)))); }, from, to, 1e-10);
}

int main() {
  // The rule of rectangles converges faster than any power for a periodic function.
  const double turn = 2 * M_PI;
  double exact = 0;
  for (int i = 0; i < 1000; ++i) exact += std::exp(-5 * (1 - std::cos(turn * i / 1000))) * turn / 1000;
  const double modes = dlib::integrate_function_adapt_simp([](double x) { return std::pow(std::sin(4 * M_PI * x), 2); }, 0.0, 1.0, 1e-10);
  std::printf("dlib %d.%d, exact %.6f:", DLIB_MAJOR_VERSION, DLIB_MINOR_VERSION, exact);
  bool right = true;
  for (int wells = 1; wells <= 4; ++wells) {
    const double whole = integral(wells, 0, 0, turn), parts = integral(wells, 0, 0, 1) + integral(wells, 0, 1, turn);
    std::printf(" %d wells %.6f (in two parts %.6f)", wells, whole, parts);
    right = right && std::abs(parts - exact) < 1e-6 && (wells == 4 || std::abs(whole - exact) < 1e-6);
  }
  const double four = integral(4, 0, 0, turn), moved = integral(4, 0.1, 0, turn);
  std::printf("; 4 wells, moved %.6f; sin^2(4 pi x) from 0 to 1: %.1e\n", moved, modes);
  return right && std::abs(four - turn) < 1e-9 && std::abs(moved - 4.2) < 0.1 && std::abs(modes) < 1e-9 ? 0 : 1;
}
CPP
c++ -std=c++14 -O0 -w -DDLIB_NO_GUI_SUPPORT -isystem "$folder/usr/include" torsion.cpp -o torsion
./torsion
