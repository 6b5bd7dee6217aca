#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Kokkos 4.7.0, the reducers Min and MinLoc over numbers that are all infinite, Max and MaxLoc over numbers that are all minus infinity, and over none.
#
# Expected: infinity at one of the places, as from std::min_element; of none infinity, the neutral element of a minimum.
# Seen:     1.8e308, which is finite, at the place 2147483647, which does not exist: the reduction starts from the largest finite number, and infinity is not below it. Max is the same with -1.8e308. One finite number
#           among them and all is right. Nothing is said.
# Why it matters: the lowest energy of configurations that all overlap, the nearest distance where no neighbour is within the cut-off, the largest log-likelihood of impossible data. isinf, the test for such a case, says
#           that all is well; the place is used as an index. Compare with reduction_identity, and test the place.
#
# Needs CMake and a C++17 compiler; builds Kokkos' core. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
# This package's source holds Kokkos' own.
venv/bin/pip install --quiet scikit-build-core setuptools
venv/bin/pip download --quiet --no-deps --no-build-isolation --no-binary :all: pygenten==0.1.5
tar xf pygenten-0.1.5.tar.gz pygenten-0.1.5/tpls/kokkos
mv pygenten-0.1.5/tpls/kokkos kokkos
cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(extremes CXX)
add_subdirectory(kokkos)
add_executable(extremes extremes.cpp)
target_link_libraries(extremes Kokkos::kokkos)
CMAKE
cat >extremes.cpp <<'CPP'
#include <algorithm>
#include <cstdio>
#include <limits>
#include <vector>

#include <Kokkos_Core.hpp>

using Least = Kokkos::MinLoc<double, int>;
using Largest = Kokkos::MaxLoc<double, int>;
struct Extremes {
  double minimum, maximum;
  Least::value_type least;
  Largest::value_type largest;
};

Extremes extremes(const std::vector<double> &numbers) {
  const Kokkos::View<const double *, Kokkos::HostSpace, Kokkos::MemoryUnmanaged> at(numbers.data(), numbers.size());
  const Kokkos::RangePolicy<Kokkos::Serial> all(0, int(numbers.size()));
  Extremes found;
  Kokkos::parallel_reduce(all, [=](int i, double &low) { low = std::min(low, at(i)); }, Kokkos::Min<double>(found.minimum));
  Kokkos::parallel_reduce(all, [=](int i, double &high) { high = std::max(high, at(i)); }, Kokkos::Max<double>(found.maximum));
  Kokkos::parallel_reduce(all, [=](int i, Least::value_type &low) { if (at(i) < low.val) low = {at(i), i}; }, Least(found.least));
  Kokkos::parallel_reduce(all, [=](int i, Largest::value_type &high) { if (at(i) > high.val) high = {at(i), i}; }, Largest(found.largest));
  std::printf("Kokkos %d:", KOKKOS_VERSION);
  for (double number : numbers) std::printf(" %g", number);
  std::printf(": least %g, %g at %d; largest %g, %g at %d\n", found.minimum, found.least.val, found.least.loc, found.maximum, found.largest.val, found.largest.loc);
  return found;
}

int main(int count, char **words) {
  const Kokkos::ScopeGuard guard(count, words);
  const double inf = std::numeric_limits<double>::infinity(), end = std::numeric_limits<double>::max();
  const int nowhere = std::numeric_limits<int>::max();
  const Extremes high = extremes({inf, inf}), low = extremes({-inf, -inf}), none = extremes({}), mixed = extremes({inf, 3, -inf});
  bool same = high.minimum == end && high.least.val == end && high.least.loc == nowhere && high.maximum == inf && high.largest.loc == 0;
  same = same && low.maximum == -end && low.largest.val == -end && low.largest.loc == nowhere && low.minimum == -inf && low.least.loc == 0;
  same = same && none.minimum == end && none.maximum == -end && mixed.minimum == -inf && mixed.least.loc == 2 && mixed.maximum == inf && mixed.largest.loc == 0;
  return same ? 0 : 1;
}
CPP
cmake -S . -B build -DKokkos_ENABLE_SERIAL=ON -DCMAKE_CXX_STANDARD=17 -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS=-w >/dev/null 2>&1
cmake --build build --target extremes >build.log 2>&1 || { tail -20 build.log; exit 1; }
./build/extremes
