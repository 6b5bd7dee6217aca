// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/refusal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <kswgd/geometry/collective_variables.hpp>
#include <kswgd/support/check.hpp>
#include <kswgd/support/random.hpp>

namespace {

using namespace kswgd;
using kswgd::test::refusal;

constexpr double pi = 3.14159265358979323846;

/// The shortest of v + lattice by trying many images.
double slow_distance(const std::vector<double>& edges, const std::vector<bool>& periodic, const double* v) {
  const int d = static_cast<int>(periodic.size()), far[3] = {40, 12, 6};
  double least = HUGE_VAL;
  int n[3] = {};
  const auto range = [&](int i) { return i < d && periodic[static_cast<std::size_t>(i)] ? far[i] : 0; };
  for (n[0] = -range(0); n[0] <= range(0); ++n[0])
    for (n[1] = -range(1); n[1] <= range(1); ++n[1])
      for (n[2] = -range(2); n[2] <= range(2); ++n[2]) {
        double square = 0;
        for (int k = 0; k < d; ++k) {
          double x = v[k];
          for (int i = 0; i < d; ++i) x += n[i] * edges[static_cast<std::size_t>(i * d + k)];
          square += x * x;
        }
        least = std::min(least, square);
      }
  return std::sqrt(least);
}

TEST(CollectiveVariables, TheShortestImageIsThatOfASearch) {
  struct Case {
    std::vector<double> edges;
    std::vector<bool> periodic;
  };
  const std::vector<Case> cases{{{5, 0, 0, 0, 4, 0, 0, 0, 3}, {true, true, true}},
                                {{5, 0, 0, 0, 4, 0, 0, 0, 3}, {true, false, true}},
                                {{9, 0, 0, 2.8, 7.5, 0, 1.2, 1.4, 6.7}, {true, true, true}},
                                {{1, 0, 0, 3.7, 1, 0, -2.6, 2.4, 1}, {true, true, true}},  // far from reduced
                                {{1, 0, 0, 0.5, 0.866, 0, 0.5, 0.289, 0.816}, {true, true, true}},
                                {{1, 0, 0, 2.3, 1.5, 0, 0.4, 0.3, 1}, {true, true, false}},
                                {{2, 0, 1.7, 1.5}, {true, true}},
                                {{2, 0, 0, 3}, {false, true}},
                                {{1.5}, {true}}};
  std::uint64_t draw = 0;
  for (const Case& one : cases) {
    const PeriodicBox box = periodic_box(one.edges, one.periodic);
    for (int i = 0; i < 200; ++i) {
      const IndexedRandom random(7, draw++);
      double v[3] = {};
      for (std::size_t k = 0; k < one.periodic.size(); ++k) v[k] = 0.5 * random.normal(static_cast<unsigned>(k));
      const double slow = slow_distance(one.edges, one.periodic, v);
      shortest_image(box, v);
      EXPECT_NEAR(std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]), slow, 1e-12) << "box " << &one - cases.data();
    }
  }
}

TEST(CollectiveVariables, HaveTheSignsOfTheirDefinitions) {
  const PeriodicBox free;
  const double a[3] = {1, 0, 0}, b[3] = {0, 0, 0}, c[3] = {0, 0, 2};
  for (const double phi : {-170.0, -60.0, 0.0, 30.0, 90.0, 180.0}) {
    const double t = phi * pi / 180;
    // Seen from b to c (along z) clockwise is from x towards y.
    const double d[3] = {std::cos(t), std::sin(t), 2};
    EXPECT_NEAR(torsion_of(free, a, b, c, d), t, 1e-14);
  }
  const double e[3] = {0, 3, 0};
  EXPECT_NEAR(angle_of(free, a, b, e), pi / 2, 1e-15);
  EXPECT_NEAR(distance_of(free, a, e), std::sqrt(10.0), 1e-15);
  // Across the faces of a box nothing changes: atoms moved by sums of its edges.
  const PeriodicBox box = periodic_box({9, 0, 0, 1, 9, 0, 0, 1, 9}, {true, true, true});
  const double f[3] = {std::cos(0.7), std::sin(0.7), 2}, moved[3] = {1 - 9 + 1, 9, 0}, away[3] = {f[0], f[1] + 1, f[2] + 9};
  EXPECT_NEAR(torsion_of(box, moved, b, c, away), 0.7, 1e-13);
  EXPECT_NEAR(angle_of(box, moved, b, e), pi / 2, 1e-13);
}

TEST(CollectiveVariables, WhatCannotBeFormedIsRefused) {
  const auto refused = [](const CollectiveVariables& wanted, Index count, Index dimension, const char* why) {
    EXPECT_NE(refusal([&] { wanted.check(count, dimension); }).find(why), std::string::npos) << refusal([&] { wanted.check(count, dimension); });
  };
  refused({}, 5, 3, "no torsions, distances, angles or atoms");
  refused({.torsions = {{0, 1, 2}}}, 5, 3, "a torsion is of 4 atoms, and 0-1-2 names 3");
  refused({.distances = {{0, 5}}}, 5, 3, "no atom 5 among 5");
  refused({.angles = {{0, 1, 0}}}, 5, 3, "names an atom twice");
  refused({.angles = {{0, 1, 2}}}, 5, 2, "in three dimensions");
  const CollectiveVariables torsion{.torsions = {{0, 1, 2, 3}}};
  const double line[12] = {0, 0, 0, 0, 0, 1, 0, 0, 2, 1, 0, 3};
  double value = 0;
  EXPECT_NE(refusal([&] { torsion.evaluate({}, line, 3, 4, &value); }).find("the torsion 0-1-2-3 is not defined in frame 4"), std::string::npos);
  EXPECT_NE(refusal([] { periodic_box({1, 0, 0, 2, 0, 0, 0, 0, 1}, {true, true, true}); }).find("in one plane"), std::string::npos);
  EXPECT_NE(refusal([] { periodic_box({0}, {true}); }).find("length 0"), std::string::npos);
}

}  // namespace
