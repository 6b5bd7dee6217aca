#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Boost.Accumulators 1.74 (Debian 12), tag::median as it comes, of a few numbers, of numbers of two levels, and tag::variance beside tag::rolling_variance.
#
# Expected: the median, or for many numbers an estimate between them; one variance of the same three numbers.
# Seen:     the median of 1, 2, 6 is 6, and of 6, 2, 1 it is 1: below five numbers it is whichever came third, unsorted, and before that 0. Of 7000 zeros and then 3000 ones it is 0.09, which is no number
#           of the data; shuffled it is 0.0001. The documentation calls it an estimate (five markers are moved along). The variance of 1, 2, 6 is 4.67 by one, 7 by the other with a window of three: n and n - 1.
# Why it matters: medians of blocks, of replicas, of the last few steps; three is a usual number of repetitions. The result is one of the numbers, so that it looks right, and depends on their order. States and
#           counts have levels. Use std::nth_element.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libboost1.74-dev=1.74.0+ds1-21 >/dev/null 2>&1
dpkg -x ./*.deb .
cat >medians.cpp <<'CPP'
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics.hpp>
#include <boost/accumulators/statistics/rolling_variance.hpp>

using namespace boost::accumulators;

double median_of(const std::vector<double> &numbers) {
  accumulator_set<double, stats<tag::median>> all;
  for (double number : numbers) all(number);
  return median(all);
}

int main() {
  const double ascending = median_of({1, 2, 6}), descending = median_of({6, 2, 1}), two = median_of({5, 6}), five = median_of({6, 1, 3, 5, 2});
  std::vector<double> levels(10000, 0.0);
  std::fill(levels.begin() + 7000, levels.end(), 1.0);
  const double in_order = median_of(levels);
  std::mt19937 generator(1);
  std::shuffle(levels.begin(), levels.end(), generator);
  const double shuffled = median_of(levels);
  std::printf("median of 1, 2, 6: %g; of 6, 2, 1: %g; of 5, 6: %g; of 6, 1, 3, 5, 2: %g; of 7000 zeros and 3000 ones: %g, shuffled %g\n", ascending, descending, two, five, in_order, shuffled);
  accumulator_set<double, stats<tag::variance>> all;
  accumulator_set<double, stats<tag::rolling_variance>> window(tag::rolling_window::window_size = 3);
  for (double number : {1.0, 2.0, 6.0}) {
    all(number);
    window(number);
  }
  std::printf("variance of 1, 2, 6: %g, rolling %g\n", variance(all), rolling_variance(window));
  const bool third = ascending == 6 && descending == 1 && two == 0 && five == 3 && in_order > 0.01 && in_order < 0.99 && shuffled > 0;
  return third && std::abs(variance(all) - 14.0 / 3) < 1e-12 && std::abs(rolling_variance(window) - 7) < 1e-12 ? 0 : 1;
}
CPP
c++ -std=c++17 -O1 -w -isystem usr/include medians.cpp -o medians
./medians
