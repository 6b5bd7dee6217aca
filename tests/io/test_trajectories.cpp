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

/// dt i + first, rounded to single precision as trajectory libraries hold times.
std::vector<double> single(std::size_t n, double dt, double first = 0) {
  std::vector<double> times;
  for (std::size_t i = 0; i < n; ++i) times.push_back(static_cast<float>(first + dt * static_cast<double>(i)));
  return times;
}

TEST_F(Trajectories, HaveEqualStepsInSinglePrecision) {
  struct Case {
    double dt, first, error;  ///< error: of dt, relative: the rounding of the last time over all steps
  };
  for (const Case& one : {Case{.002, 0, 1e-6}, {.1, 0, 1e-6}, {.1, 1e5, 1e-6}, {.1, 1e6, 1e-5}, {1, 5e6, 1e-5}, {1. / 3, -100, 1e-6}}) {
    SCOPED_TRACE(one.dt);
    const std::size_t n = 60000;
    std::vector<double> times = single(n, one.dt, one.first);
    write_arrays(path("s.h5"), {{"/trajectories/a", {n, 1}, counted(n)}, {"/times/a", {n}, times}});
    const auto data = io::read_points(path("s.h5"));
    EXPECT_EQ(data.lengths, std::vector<Index>{Index(n)});
    EXPECT_NEAR(data.dt, one.dt, one.error * one.dt);
    EXPECT_LE(std::abs(data.dt - one.dt), data.dt_error + 1e-9 * one.dt);
    const auto thinned = io::read_points(path("s.h5"), {.stride = 7});
    EXPECT_EQ(thinned.lengths, std::vector<Index>{Index((n + 6) / 7)});
    EXPECT_NEAR(thinned.dt, 7 * one.dt, 7 * one.error * one.dt);
    // With dt as an attribute beside them, and with one frame left out in the middle, which is a gap.
    times.erase(times.begin() + n / 2);
    write_arrays(path("g.h5"), {{"/trajectories/a", {n - 1, 1}, counted(n - 1), one.dt}, {"/times/a", {n - 1}, times}});
    const auto given = io::read_points(path("g.h5"));
    EXPECT_EQ(given.dt, one.dt);
    EXPECT_EQ(given.lengths, (std::vector<Index>{n / 2, n / 2 - 1}));
    // A stride that is long beside a missing frame.
    EXPECT_EQ(io::read_points(path("g.h5"), {.stride = 5000}).lengths, (std::vector<Index>{6, 6}));
  }
}

TEST_F(Trajectories, WhoseTimesAreTooCoarseSaySo) {
  write_arrays(path("c.h5"), {{"/trajectories/a", {100, 1}, counted(100)}, {"/times/a", {100}, single(100, .01, 1e6)}});
  EXPECT_REFUSED(io::read_points(path("c.h5")), "c.h5", "/times/a", "do not ascend (row 1", "apart", "double precision");
  std::vector<double> times = single(100, .1);
  times[60] = std::nan("");
  write_arrays(path("n.h5"), {{"/trajectories/a", {100, 1}, counted(100)}, {"/times/a", {100}, times}});
  EXPECT_REFUSED(io::read_points(path("n.h5")), "n.h5", "nan in /times/a, row 60");
  write_arrays(path("d.h5"), {{"/trajectories/a", {100, 1}, counted(100), .1003}, {"/times/a", {100}, single(100, .1)}});
  EXPECT_REFUSED(io::read_points(path("d.h5")), "has steps of 0.09999", "where dt is 0.1003");
  times = single(100, .1);
  times[60] += .04F;
  write_arrays(path("i.h5"), {{"/trajectories/a", {100, 1}, counted(100)}, {"/times/a", {100}, times}});
  EXPECT_REFUSED(io::read_points(path("i.h5")), "irregular times in /times/a", "row 61");
}

TEST_F(Trajectories, OfSeveralTimesHaveOneStepWithinTheirRounding) {
  // A short one tells its step to a digit less than a long one: 3 frames late in a run, 5000 from its begin.
  for (const char* order : {"ab", "ba"}) {
    const std::string first = std::string("/times/") + order[0], second = std::string("/times/") + order[1];
    write_arrays(path("t.h5"), {{"/trajectories/" + first.substr(7), {3, 1}, counted(3)},
                                {first, {3}, single(3, .002, 900)},
                                {"/trajectories/" + second.substr(7), {5000, 1}, counted(5000)},
                                {second, {5000}, single(5000, .002)}});
    const auto data = io::read_points(path("t.h5"));
    EXPECT_EQ(data.lengths.size(), 2U);
    EXPECT_NEAR(data.dt, .002, 1e-9);
  }
  write_arrays(
      path("u.h5"),
      {{"/trajectories/a", {9, 1}, counted(9)}, {"/times/a", {9}, single(9, .1)}, {"/trajectories/b", {9, 1}, counted(9)}, {"/times/b", {9}, single(9, .2)}});
  EXPECT_REFUSED(io::read_points(path("u.h5")), "steps of 0.2", "/times/b", "/times/a has 0.1", "a lag would mean two times");
  for (const char* name : {"v.h5", "w.h5"}) {
    const double begin = name[0] == 'v' ? 0 : 120;
    write_arrays(path(name), {{"/trajectories/a", {2000, 1}, counted(2000)}, {"/times/a", {2000}, single(2000, .002, begin)}});
  }
  EXPECT_NEAR(io::read_points(path("v.h5") + "," + path("w.h5")).dt, .002, 1e-9);
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
