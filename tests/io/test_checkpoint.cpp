// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/views.hpp"
#include <hdf5.h>
#include <kswgd/io/samples_file.hpp>

#include <cmath>

#include "scratch.hpp"

namespace kswgd::io::test {
namespace {

using Checkpoints = Scratch;

/// Every number is another one, and none is a short decimal.
Checkpoint some_checkpoint() {
  Checkpoint checkpoint;
  checkpoint.particles = ramp(4, 2);
  checkpoint.flow.particles = ramp(4, 3, 1 / 3.0);
  checkpoint.flow.state = {.round = 1,
                           .level = 2,
                           .steps_in_level = 3,
                           .step = 1 / 7.0,
                           .time = 11 / 7.0,
                           .steps = 17,
                           .evaluations = 29,
                           .level_energy = {5 / 3.0, 4 / 3.0, 1.1, 1 / 9.0},
                           .in_double = true,
                           .done = false,
                           .stop_reason = "",
                           .level_reasons = {"chi2", "plateau"},
                           .energy = 1 / 9.0,
                           .chi2 = 1 / 11.0,
                           .coefficients = {1 / 13.0, -5e-324, 1e300}};
  checkpoint.flow.history = {{0, .1}, {3, 2}, {9, 8}, {.5, .7}, {0, 1}, {0, 0}, {1, 3}};
  checkpoint.flow.model = 18446744073709551557U;
  checkpoint.flow.modes = 10 / 3.0;
  checkpoint.seed = 18446744073709551615U;
  return checkpoint;
}

TEST_F(Checkpoints, ComeBackToTheBit) {
  Checkpoint written = some_checkpoint();
  write_checkpoint(path("c.h5"), written, {.seed = written.seed});
  const Checkpoint read = read_checkpoint(path("c.h5"));
  expect_equal(read.particles, written.particles);
  expect_equal(read.flow.particles, written.flow.particles);
  const FlowState &a = read.flow.state, &b = written.flow.state;
  EXPECT_EQ(a.round, 1);
  EXPECT_EQ(a.level, 2);
  EXPECT_EQ(a.steps_in_level, 3);
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(a.time, b.time);
  EXPECT_EQ(a.steps, 17);
  EXPECT_EQ(a.evaluations, 29);
  EXPECT_EQ(a.level_energy, b.level_energy);
  EXPECT_EQ(a.energy, b.energy);
  EXPECT_EQ(a.chi2, b.chi2);
  EXPECT_EQ(a.coefficients, b.coefficients);
  EXPECT_EQ(a.level_reasons, b.level_reasons);
  EXPECT_TRUE(a.in_double);
  EXPECT_FALSE(a.done);
  EXPECT_EQ(read.flow.history.time, written.flow.history.time);
  EXPECT_EQ(read.flow.history.chi2, written.flow.history.chi2);
  EXPECT_EQ(read.flow.history.evaluations, written.flow.history.evaluations);
  EXPECT_EQ(read.flow.model, written.flow.model);
  EXPECT_EQ(read.flow.modes, written.flow.modes);
  EXPECT_EQ(read.seed, written.seed);

  written.flow.state.done = true;
  written.flow.state.in_double = false;
  written.flow.state.coefficients.clear();
  for (const char* reason : {"chi2", "max-steps"}) {
    written.flow.state.stop_reason = reason;
    write_checkpoint(path("c.h5"), written, {});
    const FlowState ended = read_checkpoint(path("c.h5")).flow.state;
    EXPECT_TRUE(ended.done);
    EXPECT_EQ(ended.stop_reason, reason);
    EXPECT_FALSE(ended.in_double);
    EXPECT_TRUE(ended.coefficients.empty());
  }
}

/// Removes an object of a file, as versions had it that did not write it.
void remove(const std::string& file, const char* object) {
  const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  ASSERT_GE(id, 0);
  EXPECT_GE(H5Ldelete(id, object, H5P_DEFAULT), 0);
  H5Fclose(id);
}

TEST_F(Checkpoints, RefusalsSayWhatToDo) {
  Checkpoint written = some_checkpoint();
  const auto refused_after = [&](auto&& change) {
    written = some_checkpoint();
    change(written);
    write_checkpoint(path("c.h5"), written, {});
    EXPECT_REFUSED(read_checkpoint(path("c.h5")), "c.h5", "damaged checkpoint");
  };
  refused_after([](Checkpoint& c) { c.flow.state.step = -1; });
  refused_after([](Checkpoint& c) { c.flow.history.level.pop_back(); });
  refused_after([](Checkpoint& c) { c.flow.particles(2, 1) = std::numeric_limits<double>::infinity(); });
  refused_after([](Checkpoint& c) { c.particles = ramp(5, 2); });

  // Numbers that are none of theirs: behind a right structure, of a damaged file or another program's.
  const auto refused_with = [&](const std::string& dataset, const std::vector<double>& values) {
    write_checkpoint(path("c.h5"), some_checkpoint(), {});
    const hid_t file = H5Fopen(path("c.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT), set = H5Dopen2(file, dataset.c_str(), H5P_DEFAULT);
    EXPECT_GE(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
    H5Dclose(set);
    H5Fclose(file);
    EXPECT_REFUSED(read_checkpoint(path("c.h5")), "c.h5", "damaged checkpoint");
  };
  const kswgd::test::NonFiniteInput guard;
  const double nan = std::nan("");
  for (const std::size_t at : {0U, 1U, 2U, 5U, 6U})
    for (const double value : {1e300, -1.0, 0.5, nan, -HUGE_VAL}) {
      std::vector<double> numbers{1, 2, 3, .1, 1, 17, 29, 1, 1, 1};
      numbers[at] = value;
      refused_with("/state/numbers", numbers);
    }
  refused_with("/state/numbers", {1, 2, 3, nan, 1, 17, 29, 1, 1, 1});
  refused_with("/state/numbers", {1, 2, 3, .1, HUGE_VAL, 17, 29, 1, 1, 1});
  refused_with("/history/level", {0, 4294967296.0});
  refused_with("/history/round", {-1, 0});

  write_checkpoint(path("c.h5"), some_checkpoint(), {});
  remove(path("c.h5"), "/state/particles");
  EXPECT_REFUSED(read_checkpoint(path("c.h5")), "c.h5", "was written by an older version of kswgd");
  EXPECT_REFUSED(read_checkpoint(path("c.h5")), "--start", ":particles");
  write_checkpoint(path("c.h5"), some_checkpoint(), {});
  remove(path("c.h5"), "/state/coefficients");
  EXPECT_REFUSED(read_checkpoint(path("c.h5")), "c.h5", "damaged checkpoint");
  write_points(path("p.h5"), ramp(4, 2), {});
  EXPECT_REFUSED(read_checkpoint(path("p.h5")), "p.h5", "is not a checkpoint");
  EXPECT_REFUSED(read_checkpoint(path("absent.h5")), "there is no file");
  EXPECT_REFUSED(write_checkpoint(path("c.csv"), some_checkpoint(), {}), "c.csv", "checkpoints are HDF5");
}

}  // namespace
}  // namespace kswgd::io::test
