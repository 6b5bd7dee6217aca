#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Eigen 3.4.0 (Debian 12), GeneralizedSelfAdjointEigenSolver of A x = lambda B x, where B is symmetric and not positive definite.
#
# Expected: info() is NumericalIssue, as LLT says of the same B, and as LAPACK's dsygv does by its return code; the method needs a Cholesky factor of B.
# Seen:     info() is Success. Eigenvalues are real, sorted and wrong: 0.59 and 8.41, where those of the pair are 1.14 and -1.47. What the factorisation said is not looked at.
# Why it matters: B is a Gram (mass) matrix of features, estimated from samples; reweighting with weights of both signs, subtracting the mean of something else, or rounding make it indefinite by a
#           little. The spectrum looks like a spectrum, and the check that the documentation has for failures passes. Check LLT(B).info() first.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libeigen3-dev=3.4.0-4 >/dev/null 2>&1
dpkg -x ./*.deb .
cat >pair.cpp <<'CPP'
#include <iostream>

#include <Eigen/Dense>

int main() {
  Eigen::Matrix2d a, b;
  a << 2, 1, 1, 3;
  b << 1, 2, 2, 1;
  const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::Matrix2d> solver(a, b);
  const bool said_success = solver.info() == Eigen::Success, definite = Eigen::LLT<Eigen::Matrix2d>(b).info() == Eigen::Success;
  const Eigen::Vector2d seen = solver.eigenvalues(), exact = Eigen::EigenSolver<Eigen::Matrix2d>(b.inverse() * a).eigenvalues().real();
  std::cout << "Eigen " << EIGEN_WORLD_VERSION << '.' << EIGEN_MAJOR_VERSION << '.' << EIGEN_MINOR_VERSION << ": info() is success: " << said_success << ", of LLT(B): " << definite
            << "\neigenvalues " << seen.transpose() << "\nof inverse(B) A " << exact.transpose() << '\n';
  double worst = 0;
  for (const double value : seen) {
    const double determinant = (a - value * b).determinant();
    std::cout << "det(A - " << value << " B) = " << determinant << '\n';
    worst = std::max(worst, std::abs(determinant));
  }
  return said_success && !definite && worst > 1 ? 0 : 1;
}
CPP
c++ -std=c++17 -O1 -isystem "$folder/usr/include/eigen3" pair.cpp -o pair
./pair
