// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the default settings reach on problems with known laws: sliced W2 to fresh points beside the data's own and the i.i.d.
// floor, basin masses, evaluations, seconds. usage: kswgd_quality [well|double|mueller|shapes|trajectory]... [--seeds N]
#include "command_line.hpp"
#include "laws.hpp"

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <kswgd/estimator/edmd.hpp>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/random.hpp>
#include <kswgd/systems/systems.hpp>
#include <kswgd/version.hpp>
#include <string>
#include <vector>

namespace {

using namespace kswgd;
using Exec = Kokkos::DefaultExecutionSpace;
using Draw = std::function<HostPoints(Index n, std::uint64_t seed)>;

constexpr std::uint64_t fresh = 1000003, more = 2000003;  // seeds of points that no fit ever sees

struct Row {
  double value, data, floor, seconds;
  Index evaluations, modes;
  std::string reason;
  HostPoints samples;
};

FitOptions<Exec> settings(std::uint64_t seed) {
  FitOptions<Exec> options;
  options.seed = seed;
  options.modes = 0;
  options.read_out_modes = 0;
  return options;
}

/// Fits to `data`, moves `start`, compares with `reference`.
Row run(const ModelData& fitted, const HostPoints& data, const HostPoints& start, const SlicedWasserstein<Exec>& distance, const Draw& draw,
        double fit_seconds) {
  const Exec exec;
  Kokkos::Timer timer;
  const Model<Exec> model(exec, fitted);
  Flow<Exec> flow(exec, model);
  const Points<Exec> particles = to_device(exec, start);
  const FlowReport report = flow.run(particles);
  exec.fence("kswgd_quality: timing");
  Row row{distance(exec, particles),
          distance(exec, Points<Exec>(to_device(exec, data))),
          0,
          fit_seconds + timer.seconds(),
          report.state.evaluations,
          static_cast<Index>(model.levels().back().modes),
          report.state.stop_reason,
          {}};
  for (int i = 0; i < 5; ++i)
    row.floor += distance(exec, Points<Exec>(to_device(exec, draw(static_cast<Index>(start.extent(0)), more + static_cast<std::uint64_t>(i))))) / 5;
  row.samples = HostPoints("samples", start.extent(0), start.extent(1));
  Kokkos::deep_copy(row.samples, to_host(exec, particles));
  return row;
}

Row run(const HostPoints& data, const HostPoints& start, const SlicedWasserstein<Exec>& distance, const Draw& draw, std::uint64_t seed) {
  const Exec exec;
  Kokkos::Timer timer;
  const ModelData fitted = fit_generator(exec, Points<Exec>(to_device(exec, data)), settings(seed));
  return run(fitted, data, start, distance, draw, timer.seconds());
}

SlicedWasserstein<Exec> reference(const Draw& draw, Index n = 200000) {
  const Exec exec;
  return {exec, Points<Exec>(to_device(exec, draw(n, fresh)))};
}

HostPoints normal_cloud(Index n, const std::vector<double>& centre, double spread, std::uint64_t seed) {
  const HostPoints points("cloud", n, centre.size());
  for (Index i = 0; i < n; ++i)
    for (std::size_t k = 0; k < centre.size(); ++k) points(i, k) = centre[k] + spread * IndexedRandom(seed, static_cast<std::uint64_t>(i)).normal(k);
  return points;
}

void print(const char* problem, std::uint64_t seed, const Row& row, const std::string& extra = "") {
  std::printf("%-28s seed %2d  sliced W2 %.4f  data %.4f  floor %.4f  value/data %.2f  evaluations %3d  %.2f s  %s %s\n", problem, static_cast<int>(seed),
              row.value, row.data, row.floor, row.value / row.data, static_cast<int>(row.evaluations), row.seconds, row.reason.c_str(), extra.c_str());
  std::fflush(stdout);
}

void quadruple_well(int seeds) {
  const Draw draw = [](Index n, std::uint64_t seed) { return draw_exact("quadruple-well", n, 0, seed); };
  const auto distance = reference(draw);
  for (int seed = 0; seed < seeds; ++seed) {
    const HostPoints data = draw(10000, static_cast<std::uint64_t>(seed)), box("box", 2000, 2);
    for (Index i = 0; i < 2000; ++i)
      for (Index k = 0; k < 2; ++k)
        box(i, k) = 4 * IndexedRandom(static_cast<std::uint64_t>(seed), static_cast<std::uint64_t>(i)).uniform(static_cast<std::uint64_t>(k)) - 2;
    const auto s = static_cast<std::uint64_t>(seed);
    print("quadruple well, box", s, run(data, box, distance, draw, s));
    print("quadruple well, one well", s, run(data, normal_cloud(2000, {1, 1}, 0.1, s), distance, draw, s));
    print("quadruple well, N((4,4))", s, run(data, normal_cloud(2000, {4, 4}, 0.5, s), distance, draw, s));
  }
}

double left_mass(const HostPoints& points) {
  double count = 0;
  for (std::size_t i = 0; i < points.extent(0); ++i) count += points(i, 0) < 0;
  return count / static_cast<double>(points.extent(0));
}

void double_well(int seeds) {
  for (const int barrier : {8, 12, 16}) {
    const Draw draw = [barrier](Index n, std::uint64_t seed) { return draw_exact("double-well", n, 1.0 / barrier, seed); };
    const auto distance = reference(draw);
    for (int seed = 0; seed < seeds; ++seed) {
      const auto s = static_cast<std::uint64_t>(seed);
      const HostPoints data = draw(10000, s);
      const Row row = run(data, normal_cloud(2000, {1, 0}, 0.1, s), distance, draw, s);
      char extra[80];
      std::snprintf(extra, sizeof extra, "left mass %.4f data %.4f (%+.4f)", left_mass(row.samples), left_mass(data), left_mass(row.samples) - left_mass(data));
      print(("double well, " + std::to_string(barrier) + " kT").c_str(), s, row, extra);
    }
  }
}

void mueller_brown(int seeds) {
  const Draw draw = [](Index n, std::uint64_t seed) { return draw_exact("mueller-brown", n, 10, seed); };
  const auto distance = reference(draw);
  for (int seed = 0; seed < seeds; ++seed) {
    const auto s = static_cast<std::uint64_t>(seed);
    print("Mueller-Brown, 10 kT", s, run(draw(10000, s), normal_cloud(2000, {0.62, 0.03}, 0.05, s), distance, draw, s));
  }
}

void all_shapes(int) {
  const Exec exec;
  double logarithms = 0;
  for (const perf::Law& shape : perf::shapes) {
    const Draw draw = [&shape](Index n, std::uint64_t seed) { return perf::draw(shape, n, seed); };
    const auto distance = reference(draw);
    const HostPoints data = draw(8000, 1);
    std::vector<double> mean(static_cast<std::size_t>(shape.dimension), 0.0);
    double variance = 0;
    for (std::size_t k = 0; k < mean.size(); ++k) {
      for (Index i = 0; i < 8000; ++i) mean[k] += data(i, k) / 8000;
      for (Index i = 0; i < 8000; ++i) variance += std::pow(data(i, k) - mean[k], 2) / 8000 / static_cast<double>(shape.dimension);
    }
    const Row row = run(data, normal_cloud(2000, mean, std::sqrt(variance), 7), distance, draw, 1);
    const double ratio = row.value / std::max(row.floor, row.data);
    logarithms += std::log(ratio) / static_cast<double>(std::size(perf::shapes));
    char extra[60];
    std::snprintf(extra, sizeof extra, "over max(floor, data) %.2f", ratio);
    print((std::string(shape.name) + ", d = " + std::to_string(shape.dimension)).c_str(), 1, row, extra);
  }
  std::printf("shapes: geometric mean of value over max(floor, data) %.3f\n", std::exp(logarithms));
}

void one_trajectory(int seeds) {
  const Exec exec;
  const Draw draw = [](Index n, std::uint64_t seed) { return draw_exact("quadruple-well", n, 0, seed); };
  const auto distance = reference(draw);
  for (int seed = 0; seed < seeds; ++seed) {
    const auto s = static_cast<std::uint64_t>(seed);
    LangevinOptions options{.dt = 0.01, .substeps = 0, .samples = 10001, .seed = s};
    const auto frames = simulate(exec, "quadruple-well", options);
    const HostPoints data("data", 10001, 2);
    Kokkos::deep_copy(data, to_host(exec, frames));
    const HostPoints start = normal_cloud(2000, {1, 1}, 0.1, s);
    print("trajectory, generator", s, run(data, start, distance, draw, s));
    Kokkos::Timer timer;
    FitOptions<Exec> fit = settings(s);
    fit.modes = 10;
    const ModelData fitted = fit_edmd(exec, frames, {{10001}, 0.01}, 1, fit);
    print("trajectory, edmd", s, run(fitted, data, start, distance, draw, timer.seconds()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  kswgd::perf::run_problems(
      argc, argv, 3, {{"well", quadruple_well}, {"double", double_well}, {"mueller", mueller_brown}, {"shapes", all_shapes}, {"trajectory", one_trajectory}});
}
