// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "scratch.hpp"

#include <numeric>

// Trajectories as users have them: of unequal length, in several files, with times of their own.
namespace {

using namespace kswgd;
using namespace kswgd::io::test;

class Trajectories : public Scratch {};

std::vector<double> counted(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

TEST_F(Trajectories, OfUnequalLengthKeepTheirEnds) {
  write_arrays(path("t.h5"), {{"/trajectories/a", {7, 1}, counted(7), 0.5}, {"/trajectories/b", {3, 1}, counted(3), 0.5}});
  const auto data = io::read_points(path("t.h5"), {.stride = 2});
  EXPECT_EQ(data.lengths, (std::vector<Index>{4, 2}));
  EXPECT_EQ(data.dt, 1.0);
  EXPECT_EQ(data.points(4, 0), 0);  // b begins with its own first frame
}

TEST_F(Trajectories, EndWhereTheirTimesHaveAGap) {
  write_arrays(path("t.h5"), {{"/trajectories/a", {6, 1}, counted(6)}, {"/times/a", {6}, {0, 0.1, 0.2, 5, 5.1, 5.2}}});
  const auto data = io::read_points(path("t.h5"));
  EXPECT_EQ(data.lengths, (std::vector<Index>{3, 3}));
  EXPECT_EQ(data.names, (std::vector<std::string>{"a", "a"}));
  EXPECT_NEAR(data.dt, 0.1, 1e-12);
  EXPECT_EQ(io::read_points(path("t.h5"), {.stride = 2}).lengths, (std::vector<Index>{2, 1}));  // frames 0, 2 | 4
}

TEST_F(Trajectories, WithIrregularTimesAreRefused) {
  write_arrays(path("t.h5"), {{"/trajectories/a", {5, 1}, counted(5)}, {"/times/a", {5}, {0, 1, 2, 2.5, 3.5}}});
  EXPECT_REFUSED(io::read_points(path("t.h5")), "irregular times in /times/a", "row 3", "resample");
  write_arrays(path("u.h5"), {{"/trajectories/a", {3, 1}, counted(3)}, {"/times/a", {3}, {0, 2, 1}}});
  EXPECT_REFUSED(io::read_points(path("u.h5")), "do not ascend (row 2");
  write_arrays(path("v.h5"), {{"/trajectories/a", {3, 1}, counted(3), 1}, {"/times/a", {3}, {0, 2, 4}}});
  EXPECT_REFUSED(io::read_points(path("v.h5")), "has steps of 2", "where dt is 1");
  write_arrays(path("w.h5"), {{"/trajectories/a", {3, 1}, counted(3)}, {"/times/a", {2}, {0, 2}}});
  EXPECT_REFUSED(io::read_points(path("w.h5")), "2 times in /times/a for 3 frames");
}

TEST_F(Trajectories, InSeveralFilesStandOneAfterTheOther) {
  io::write_points(path("a.npy"), ramp(5, 2), {});
  io::write_points(path("b.csv"), ramp(3, 2, 1000), {});
  const auto data = io::read_points(path("a.npy") + "," + path("b.csv"), {.as_trajectory = true});
  EXPECT_EQ(data.lengths, (std::vector<Index>{5, 3}));
  EXPECT_EQ(data.points(4, 1), 41.125);
  EXPECT_EQ(data.points(5, 0), 1000.125);
  io::write_points(path("c.csv"), ramp(3, 3), {});
  EXPECT_REFUSED(io::read_points(path("a.npy") + "," + path("c.csv")), "c.csv' has 3 coordinates");
  EXPECT_REFUSED(io::read_points(path("a.npy") + "," + path("none.csv")), "there is no file");
}

}  // namespace
