// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"
#include "data_files.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/geometry/geometry.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/support/random_streams.hpp>

// The two dihedral angles of alanine dipeptide from one molecular dynamics trajectory: periodic coordinates, no potential.
namespace kswgd::reproduce {
namespace {

constexpr Index molecule_particles = 2000;

/// Angles as points of two circles: distances are those along the chords, the same across the ends of the interval.
HostPoints on_circles(const HostPoints& angles) {
  const HostPoints points("kswgd::reproduce::circles", angles.extent(0), 2 * angles.extent(1));
  for (std::size_t k = 0; k < angles.extent(1); ++k)
    for (std::size_t i = 0; i < angles.extent(0); ++i) {
      points(i, 2 * k) = std::cos(angles(i, k));
      points(i, 2 * k + 1) = std::sin(angles(i, k));
    }
  return points;
}

HostPoints uniform_angles(std::uint64_t seed) {
  const HostPoints points("kswgd::reproduce::start", molecule_particles, 2);
  for (Index i = 0; i < molecule_particles; ++i)
    for (std::uint64_t k = 0; k < 2; ++k)
      points(i, static_cast<Index>(k)) = 2 * M_PI * IndexedRandom(seed, streams::angles + static_cast<std::uint64_t>(i)).uniform(k) - M_PI;
  return points;
}

HostPoints spread(const HostPoints& frames, Index first, Index last, Index count, std::uint64_t seed) {
  std::vector<Index> rows = spread_rows(last - first, count, seed, streams::molecule_frames);
  for (Index& row : rows) row += first;
  return rows_of(frames, rows);
}

}  // namespace

Result run_molecule(const Settings& settings) {
  Result result;
  const HostPoints frames = io::read_points(data_file("alanine_dihedrals.h5", settings.data)).points;
  const Index n = static_cast<Index>(frames.extent(0)), parted = n / 2;
  require(n >= 20000 && frames.extent(1) == 2, "reproduce", [] { return "molecule: a trajectory of at least 20,000 frames of two angles is needed"; });
  // The fit sees 10,000 frames of the first half; the second half is the truth.
  const GeometryData geometry = parse_geometry("periodic:6.283185307179586,6.283185307179586", 2);
  const Means mean = mean_over_seeds(settings.seed, [&](std::uint64_t seed, Means& means) {
    const HostPoints data = spread(frames, 0, parted, 10000, seed), start = uniform_angles(seed);
    const auto truth = device(on_circles(spread(frames, parted, n, 10000, seed)));
    const auto energy = [&](const HostPoints& angles) { return energy_distance(Exec{}, device(on_circles(angles)), truth); };
    Run run = run_kswgd(data, start, seed, seed == settings.seed ? 8 : 0, [&](FitOptions<Exec>& fit, DataSet<Exec>&) { fit.geometry = geometry; });
    means.add(run).add("energy", energy(run.samples));
    // As many frames as there are particles: of the second half (the floor), and of the first (what was fitted).
    for (std::uint64_t r = 0; r < 4; ++r) {
      means.add("floor", energy(spread(frames, parted, n, molecule_particles, seed + more + r)) / 4);
      means.add("data", energy(spread(frames, 0, parted, molecule_particles, seed + more + r)) / 4);
    }
    means.add("redrawn", energy(rivals::redraw(data, molecule_particles, seed)))
        .add("smoothed", energy(rivals::redraw_smoothed(data, molecule_particles, 1, seed)));
    if (seed != settings.seed) return;
    add_set(result, "data", data, &run.model, 3);
    add_set(result, "start", start);
    add_set(result, "kswgd", run.samples, &run.model, 3);
    Figure figure = samples_figure(data, start, run.samples, run.model);
    figure.name = "ramachandran";
    figure.panels[0].title = "molecular dynamics";
    result.figures.push_back(std::move(figure));
  });
  const double none = std::nan(""), floor = mean["floor"];
  result.rows = {mean.row("kswgd", "energy_distance", "energy", floor),
                 {"data", "energy_distance", mean["data"], none, floor},
                 {"data redrawn", "energy_distance", mean["redrawn"], none, floor},
                 {"data redrawn, smoothed", "energy_distance", mean["smoothed"], none, floor}};
  result.remarks.push_back(
      fmt::format("Energy distance to frames of the second half {:.2f} x that of as many of these frames themselves.", mean["energy"] / floor));
  return result;
}

}  // namespace kswgd::reproduce
