#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Boost.Math 1.81 (Debian 12), one_sample_z_test and two_sample_z_test of normal numbers whose mean is the one that is tested, beside the t tests of the same header family.
#
# Expected: p values that are uniform between 0 and 1, and for 100 numbers next to those of the t test: below 0.05 in 5 of 100 cases.
# Seen:     below 1e-6 in 2000 of 2000 cases, whatever the data: the statistic is compared with a normal distribution whose mean is the number of samples less 1, where its mean is 0. Two samples are the same. The
#           statistic of one sample is divided by the variance where the standard deviation belongs; that of two is right. The t tests are right.
# Why it matters: a test that rejects everything. Run on data that do differ it looks as it should, and a p value of 1e-300 looks strong. By it every generator fails and every change of a code changes the results. Take
#           two_sample_t_test.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libboost1.81-dev=1.81.0-5+deb12u1 >/dev/null 2>&1
dpkg -x ./*.deb .
cat >test.cpp <<'CPP'
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include <boost/math/statistics/t_test.hpp>
#include <boost/math/statistics/z_test.hpp>
#include <boost/version.hpp>

int main() {
  namespace statistics = boost::math::statistics;
  std::mt19937_64 generator(1);
  std::normal_distribution<double> normal(0, 3);
  const int cases = 2000;
  int rejected[4] = {}, tiny[2] = {};
  double statistic_apart = 0, scale_apart = 0;
  for (int k = 0; k < cases; ++k) {
    std::vector<double> x(100), y(100);
    double sum = 0, squares = 0;
    for (auto &number : x) number = normal(generator);
    for (auto &number : y) number = normal(generator);
    for (const double number : x) sum += number;
    for (const double number : x) squares += (number - sum / 100) * (number - sum / 100);
    const auto [t_one, p_t_one] = statistics::one_sample_t_test(x, 0.0);
    const auto [t_two, p_t_two] = statistics::two_sample_t_test(x, y);
    const auto [z_one, p_z_one] = statistics::one_sample_z_test(x, 0.0);
    const auto [z_two, p_z_two] = statistics::two_sample_z_test(x, y);
    rejected[0] += p_t_one < 0.05;
    rejected[1] += p_t_two < 0.05;
    rejected[2] += p_z_one < 0.05;
    rejected[3] += p_z_two < 0.05;
    tiny[0] += p_z_one < 1e-6;
    tiny[1] += p_z_two < 1e-6;
    statistic_apart = std::fmax(statistic_apart, std::fabs(z_two - t_two));
    scale_apart = std::fmax(scale_apart, std::fabs(z_one * std::sqrt(squares / 99) - t_one));
  }
  std::printf("Boost %s, %d cases: rejected at 0.05 by t of one sample %d, of two %d; ", BOOST_LIB_VERSION, cases, rejected[0], rejected[1]);
  std::printf("by z of one %d (%d below 1e-6), of two %d (%d below 1e-6)\n", rejected[2], tiny[0], rejected[3], tiny[1]);
  std::printf("statistics: z and t of two samples within %.0e; z of one, times the standard deviation, and t within %.0e\n", statistic_apart, scale_apart);
  const bool right = rejected[0] > 60 && rejected[0] < 140 && rejected[1] > 60 && rejected[1] < 140;
  return right && tiny[0] == cases && tiny[1] == cases && statistic_apart < 1e-9 && scale_apart < 1e-9 ? 0 : 1;
}
CPP
c++ -std=c++17 -O0 -w -D_PSTL_PAR_BACKEND_SERIAL -D_GLIBCXX_USE_TBB_PAR_BACKEND=0 -isystem "$folder/usr/include" test.cpp -o test
./test
