#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Eigen 3.4.0 (Debian 12), unsupported/Eigen/MatrixFunctions, log() of transition matrices with a negative eigenvalue: of two states that change places in 95 of 100 steps, and of three.
#
# Expected: NaN or a failed assertion, as sqrt() of the same matrix has one: a real matrix with a single negative eigenvalue has no real logarithm. SciPy's logm is complex there.
# Seen:     a real matrix, and a plausible one: rows add up to 0, off the diagonal it is positive. It is a generator, of another process: exp() of it gives 0.95 for staying where the matrix has 0.05. Of three states,
#           0.79 for 0.20. The imaginary part of the complex result is dropped, so that the eigenvalue -0.9 is taken for 0.9.
# Why it matters: rates from a transition matrix at a lag are its logarithm over the lag, and noise of the counts makes small eigenvalues negative. One looks at signs and row sums to see whether a matrix has a generator;
#           both are as they should be. Multiply back: log().exp() against the matrix.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libeigen3-dev=3.4.0-4 >/dev/null 2>&1
dpkg -x ./*.deb .
cat >generator.cpp <<'CPP'
#include <cstdio>

#include <Eigen/Dense>
#include <unsupported/Eigen/MatrixFunctions>

bool another(const Eigen::MatrixXd &transition, const char *name) {
  const Eigen::MatrixXd rates = transition.log();
  const Eigen::MatrixXd back = rates.exp();
  const double sums = rates.rowwise().sum().cwiseAbs().maxCoeff();
  Eigen::MatrixXd off = rates;
  off.diagonal().setZero();
  std::printf("%s: row sums of log() within %.0e of 0, smallest rate %.3f, staying in state 1: %.3f, by exp(log()) %.3f\n", name, sums, off.minCoeff(), transition(1, 1), back(1, 1));
  return rates.allFinite() && sums < 1e-9 && off.minCoeff() >= 0 && (back - transition).cwiseAbs().maxCoeff() > 0.5;
}

int main() {
  Eigen::MatrixXd two(2, 2), three(3, 3), slow(3, 3);
  two << 0.05, 0.95, 0.95, 0.05;
  three << 0.60, 0.30, 0.10, 0.10, 0.20, 0.70, 0.05, 0.85, 0.10;
  slow << 0.90, 0.05, 0.05, 0.05, 0.90, 0.05, 0.10, 0.10, 0.80;
  const bool wrong = another(two, "two states") && another(three, "three states");
  const Eigen::MatrixXd rates = slow.log();
  const Eigen::MatrixXd back = rates.exp();
  const double apart = (back - slow).cwiseAbs().maxCoeff();
  std::printf("three states, all eigenvalues positive: exp(log()) within %.0e\n", apart);
  return wrong && apart < 1e-12 ? 0 : 1;
}
CPP
c++ -O0 -w -isystem "$folder/usr/include/eigen3" generator.cpp -o generator
./generator
