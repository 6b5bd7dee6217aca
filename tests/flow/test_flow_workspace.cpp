// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/problems.hpp"
#include "support/views.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>

#include <map>
#include <mutex>

namespace {

using namespace kswgd;
using namespace kswgd::test;
using Standard = Kokkos::DefaultExecutionSpace;

Model<Standard> some_model() {
  const auto data = on_device<Standard>(draw_exact("quadruple-well", 2000, 0, 1));
  return Model<Standard>(Standard{}, fit_generator(Standard{}, data, {.features = 25, .modes = 0, .read_out_modes = 0}));
}
Points<Standard> start(Index n) { return on_device<Standard>(cloud(n, {1, 1}, 0.1, 2)); }

// What Kokkos allocates and launches while a flow lives.
struct Ledger {
  std::mutex mutex;
  std::map<const void*, std::uint64_t> sizes;
  std::uint64_t live = 0, most = 0;
  std::map<std::string, int> launches;
} ledger;

class Watch {
 public:
  Watch() {
    ledger.sizes.clear();
    ledger.launches.clear();
    ledger.live = ledger.most = 0;
    namespace Tools = Kokkos::Tools::Experimental;
    Tools::set_allocate_data_callback([](Kokkos_Profiling_SpaceHandle, const char*, const void* pointer, std::uint64_t size) {
      const std::lock_guard lock(ledger.mutex);
      ledger.sizes[pointer] = size;
      ledger.live += size;
      ledger.most = std::max(ledger.most, ledger.live);
    });
    Tools::set_deallocate_data_callback([](Kokkos_Profiling_SpaceHandle, const char*, const void* pointer, std::uint64_t size) {
      const std::lock_guard lock(ledger.mutex);
      if (ledger.sizes.erase(pointer) == 1) ledger.live -= size;
    });
    Tools::set_begin_parallel_for_callback([](const char* name, std::uint32_t, std::uint64_t*) { ++ledger.launches[name]; });
    Tools::set_begin_parallel_reduce_callback([](const char* name, std::uint32_t, std::uint64_t*) { ++ledger.launches[name]; });
  }
  ~Watch() {
    namespace Tools = Kokkos::Tools::Experimental;
    Tools::set_allocate_data_callback(nullptr);
    Tools::set_deallocate_data_callback(nullptr);
    Tools::set_begin_parallel_for_callback(nullptr);
    Tools::set_begin_parallel_reduce_callback(nullptr);
  }
};

/// The most that a flow of M particles holds, in doubles for each particle.
double doubles_for_each_particle(const Model<Standard>& moved_by, const Points<Standard>& particles, const FlowOptions& options) {
  const Watch watch;
  Flow<Standard> flow(Standard{}, moved_by, options);
  flow.run(particles);
  const Index q = moved_by.dictionary().size(), m = static_cast<Index>(particles.extent(0));
  // What does not grow with M: 4 q of the field, and of the dictionary q x (at most 64 groups on a host, 512 elsewhere) and its tables.
  const double fixed = 8.0 * static_cast<double>(q + 64) * (std::is_same_v<Standard::memory_space, Kokkos::HostSpace> ? 80 : 530);
  return (static_cast<double>(ledger.most) - fixed) / (8.0 * static_cast<double>(m));
}

void expect_workspace(double measured, double documented) {
  EXPECT_LE(measured, 1.01 * documented);
  EXPECT_GE(measured, 0.9 * documented);  // and it was seen
}

TEST(FlowWorkspace, IsAsDocumented) {
  // 3 M e + 3 M doubles; of Gaussians the particles once more in the features' precision.
  const Index m = 200000;
  const Model<Standard> model = some_model();
  expect_workspace(doubles_for_each_particle(model, start(m), {.precision = Precision::mixed, .max_steps = 3}), 3 * 2 + 3 + 1);
  expect_workspace(doubles_for_each_particle(model, start(m), {.precision = Precision::fp64, .max_steps = 3}), 3 * 2 + 3 + 2);
  // With an angle M d more.
  const HostPoints angles("angles", 2000, 1), from("from", m, 1);
  for (Index i = 0; i < 2000; ++i) angles(i, 0) = 5 * IndexedRandom(9, static_cast<std::uint64_t>(i)).uniform(0);
  for (Index i = 0; i < m; ++i) from(i, 0) = IndexedRandom(10, static_cast<std::uint64_t>(i)).uniform(0);
  FitOptions<Standard> options;
  options.geometry = parse_geometry("periodic:5", 1);
  options.features = 12;
  options.read_out_modes = 0;
  const Model<Standard> periodic(Standard{}, fit_generator(Standard{}, on_device<Standard>(angles), options));
  expect_workspace(doubles_for_each_particle(periodic, on_device<Standard>(from), {.precision = Precision::fp64, .max_steps = 3}), 3 * 2 + 3 + 2 + 1);
}

TEST(FlowWorkspace, TheCallersParticlesAreReadAndWrittenOnce) {
  const Model<Standard> model = some_model();
  const auto particles = start(200);
  Flow<Standard> flow(Standard{}, model);
  const Watch watch;
  const FlowReport report = flow.run(particles);
  EXPECT_EQ(ledger.launches["kswgd::ParticleField::read"], 1);
  EXPECT_EQ(ledger.launches["kswgd::ParticleField::write"], 1);
  EXPECT_GT(report.state.steps, 5);
  flow.advance(particles);  // at its end: read, and left alone
  EXPECT_EQ(ledger.launches["kswgd::ParticleField::read"], 2);
  EXPECT_EQ(ledger.launches["kswgd::ParticleField::write"], 1);
}

}  // namespace
