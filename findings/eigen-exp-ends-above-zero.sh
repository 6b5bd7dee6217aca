#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Eigen 3.4.0 (Debian 12), exp and sqrt of an array in which all elements are the same, compiled with -O2 and no other option.
#
# Expected: equal results for equal elements, those of std::exp and std::sqrt to a few units in the last place; exp of minus infinity is 0.
# Seen:     exp(-inf) and exp(-10000) are 5.6e-309 in whatever part of the array is worked on by vectors (2.9e-39 in single precision), and 0 in the rest: of nine elements eight are above 0, the last one is not.
#           sqrt of infinity in single precision is NaN in the first part and infinite in the last.
# Why it matters: weights exp(-energy) of states that are excluded by an infinite energy. w > 0 counts them in, the logarithm of a weight is -709 in the place of -infinity, a number like others in a sum or a
#           mean; which rows are concerned goes by the row's number and the array's length. Mask infinite elements before.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libeigen3-dev=3.4.0-4 >/dev/null 2>&1
dpkg -x ./*.deb .
cat >ends.cpp <<'CPP'
#include <cmath>
#include <cstdio>
#include <limits>

#include <Eigen/Dense>

// The array of x in every place, of which the last does not fill a vector.
template <class Real> Eigen::Array<Real, Eigen::Dynamic, 1> all(Real x) { return Eigen::Array<Real, Eigen::Dynamic, 1>::Constant(9, x); }

template <class Array> bool parted(const char *name, const Array &at, double first, double last) {
  std::printf("%-22s first %g, last %g, above 0: %d of %d\n", name, double(at[0]), double(at[8]), int((at > 0).count()), int(at.size()));
  const bool same = std::isnan(first) ? std::isnan(at[0]) : (at[0] > 0 && at[0] < first);
  return same && at[8] == last;
}

int main() {
  std::printf("Eigen %d.%d.%d\n", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION);
  const double inf = std::numeric_limits<double>::infinity();
  bool same = parted("exp(-inf)", all(-inf).exp().eval(), 1e-300, 0);
  same = parted("exp(-10000)", all(-1e4).exp().eval(), 1e-300, 0) && same;
  same = parted("exp(-inf), float", all(float(-inf)).exp().eval(), 1e-37, 0) && same;
  same = parted("sqrt(inf), float", all(float(inf)).sqrt().eval(), NAN, inf) && same;
  const Eigen::ArrayXd once = all(-1.0).exp();
  return same && (once - std::exp(-1.0)).abs().maxCoeff() < 1e-15 ? 0 : 1;
}
CPP
c++ -std=c++17 -O2 -w -isystem usr/include/eigen3 ends.cpp -o ends
./ends
