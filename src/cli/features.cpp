// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "inputs.hpp"

#include <fmt/core.h>
#include <kswgd/geometry/collective_variables.hpp>
#include <kswgd/io/particles_file.hpp>
#include <kswgd/support/check.hpp>

#include <cmath>
#include <memory>

// Collective variables of a molecule's trajectory: what fit and its kin take.
namespace kswgd::cli {
namespace {

struct FeaturesArguments {
  std::string trajectory, dataset, output;
  std::vector<std::string> torsions, distances, angles, atoms;
  Index stride = 1;
  double dt = 0;
  bool ignore_box = false;
};

/// "4,6,8,14" as numbers.
std::vector<Index> numbers_in(const std::string& text, const char* option) {
  std::vector<Index> numbers;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::string part = text.substr(start, comma - start);
    require(!part.empty() && part.size() < 16 && part.find_first_not_of("0123456789") == std::string::npos, "cli",
            [&] { return fmt::format("{} '{}': '{}' is no number of an atom (from 0)", option, text, part); });
    numbers.push_back(std::stoll(part));
    start = comma + 1;
  }
  return numbers;
}

/// "0,3,7-9" or "all".
std::vector<Index> atoms_in(const std::string& text, Index count) {
  std::vector<Index> atoms;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::string part = text.substr(start, comma - start);
    const std::size_t dash = part.find('-');
    const Index first = part == "all" ? 0 : numbers_in(part.substr(0, dash), "--atoms").at(0);
    const Index last = part == "all" ? count - 1 : dash == std::string::npos ? first : numbers_in(part.substr(dash + 1), "--atoms").at(0);
    require(first <= last && last < count, "cli", [&] { return fmt::format("--atoms '{}': there are the atoms 0 to {}", part, count - 1); });
    for (Index atom = first; atom <= last; ++atom) atoms.push_back(atom);
    start = comma + 1;
  }
  return atoms;
}

CollectiveVariables wanted_variables(const FeaturesArguments& options, const io::Particles& particles) {
  CollectiveVariables wanted;
  for (const std::string& text : options.torsions) wanted.torsions.push_back(numbers_in(text, "--torsions"));
  for (const std::string& text : options.distances) wanted.distances.push_back(numbers_in(text, "--distances"));
  for (const std::string& text : options.angles) wanted.angles.push_back(numbers_in(text, "--angles"));
  for (const std::string& text : options.atoms)
    for (const Index atom : atoms_in(text, particles.count)) wanted.atoms.push_back(atom);
  wanted.check(particles.count, particles.dimension);
  return wanted;
}

/// Moves each wanted atom to the image next to where it was in the frame before: a walk that is not cut at the faces of the box.
class Unwrapping {
 public:
  Unwrapping(std::vector<Index> atoms, Index dimension) : m_atoms(std::move(atoms)), m_dimension(static_cast<std::size_t>(dimension)) {}

  void begin() { m_before.clear(); }
  void follow(const PeriodicBox& box, double* positions) {
    std::vector<double> now;
    for (std::size_t a = 0; a < m_atoms.size(); ++a) {
      double* const x = positions + static_cast<std::size_t>(m_atoms[a]) * m_dimension;
      if (!m_before.empty()) {
        double step[3] = {};
        for (std::size_t k = 0; k < m_dimension; ++k) step[k] = x[k] - m_before[a * m_dimension + k];
        shortest_image(box, step);
        for (std::size_t k = 0; k < m_dimension; ++k) x[k] = m_before[a * m_dimension + k] + step[k];
      }
      now.insert(now.end(), x, x + m_dimension);
    }
    m_before = std::move(now);
  }

 private:
  std::vector<Index> m_atoms;
  std::size_t m_dimension;
  std::vector<double> m_before;
};

/// The variables of one file: its rows, and how long its trajectories are.
io::Table variables_of(const FeaturesArguments& options, const std::string& name) {
  const auto [path, dataset] = io::split_dataset(name);
  const io::Particles particles = io::read_particles(path, dataset.empty() ? options.dataset : dataset);
  const CollectiveVariables wanted = wanted_variables(options, particles);
  const Index d = particles.dimension, stride = options.stride, numbers = particles.count * d;
  require(particles.frames > 0, "cli", [&, path = path] { return fmt::format("'{}' has no frames in {}", path, particles.object); });
  const io::FrameStretches time = io::stretches_of(particles.clock, path, particles.frames, stride);
  const bool with_box = particles.box && !options.ignore_box, unwraps = with_box && !wanted.atoms.empty();

  io::Table table;
  Index rows = 0;
  for (const Index length : time.lengths) rows += length;
  table.points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "cli::features", rows, wanted.size(d));
  table.lengths = time.lengths;
  table.dt = time.dt;
  table.columns = wanted.names(d);
  table.notes = particles.notes;
  table.notes.insert(table.notes.end(), time.notes.begin(), time.notes.end());
  table.parts = {{path, "", particles.frames}};

  // All frames are followed where atoms are, else those that are kept.
  const Index step = unwraps ? 1 : stride, steps = (particles.frames + step - 1) / step;
  const Index at_once = std::max<Index>(1, (Index{1} << 20) / numbers);
  std::vector<double> buffer(static_cast<std::size_t>(at_once * numbers)), edges(static_cast<std::size_t>(d * d)), values(table.columns.size());
  Unwrapping walk(wanted.atoms, d);
  Index row = 0, stretch = 0, in_stretch = 0;
  for (Index first = 0; first < steps; first += at_once) {
    const Index count = std::min(at_once, steps - first);
    particles.read(first * step, count, step, buffer.data());
    for (Index f = 0; f < count; ++f) {
      const Index frame = (first + f) * step;
      double* const positions = buffer.data() + f * numbers;
      const bool is_kept = frame % stride == 0;
      if (is_kept && in_stretch == table.lengths[static_cast<std::size_t>(stretch)]) {
        ++stretch;
        in_stretch = 0;
        walk.begin();
      }
      PeriodicBox box;
      if (with_box) {
        particles.box(frame, edges.data());
        box = periodic_box(edges, particles.periodic);
      }
      if (unwraps) walk.follow(box, positions);
      if (!is_kept) continue;
      wanted.evaluate(box, positions, d, frame, values.data());
      for (std::size_t k = 0; k < values.size(); ++k) {
        require(std::isfinite(values[k]), "cli", [&, path = path] {
          return fmt::format("'{}': {} is {} in frame {} (from 0): an atom is missing there, or not finite", path, table.columns[k], values[k], frame);
        });
        table.points(static_cast<std::size_t>(row), k) = values[k];
      }
      ++row;
      ++in_stretch;
    }
  }
  if (with_box && !particles.length_unit.empty() && (!wanted.distances.empty() || !wanted.atoms.empty()))
    table.notes.push_back("lengths are in " + particles.length_unit);
  return table;
}

/// "periodic:6.283185307179586,0": where such rows live.
std::string manifold_of(const FeaturesArguments& options, Index columns) {
  if (options.torsions.empty()) return "euclidean";
  std::string text = "periodic:";
  for (Index k = 0; k < columns; ++k) text += std::string(k ? "," : "") + (k < static_cast<Index>(options.torsions.size()) ? "6.283185307179586" : "0");
  return text;
}

void features(const Common& common, const FeaturesArguments& options) {
  std::vector<std::string> files{options.trajectory};
  if (options.trajectory.find(',') != std::string::npos) {
    files.clear();
    for (std::size_t start = 0; start <= options.trajectory.size();) {
      const std::size_t comma = std::min(options.trajectory.find(',', start), options.trajectory.size());
      files.push_back(options.trajectory.substr(start, comma - start));
      start = comma + 1;
    }
  }
  std::vector<io::Table> tables;
  Index frames = 0;
  for (const std::string& file : files) {
    tables.push_back(variables_of(options, file));
    for (const std::string& note : tables.back().notes) common.say("note: " + (files.size() > 1 ? file + ": " : "") + note);
    frames += rows(tables.back().points);
    require(options.dt > 0 || std::abs(tables.back().dt - tables[0].dt) <= 1e-3 * tables[0].dt + tables.back().dt_error + tables[0].dt_error, "cli",
            [&] { return fmt::format("'{}' has dt {} where '{}' has {}: a lag would mean two times", file, tables.back().dt, files[0], tables[0].dt); });
  }
  io::Table all = std::move(tables[0]);
  for (std::size_t t = 1; t < tables.size(); ++t) {
    const HostPoints both =
        allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "cli::features", rows(all.points) + rows(tables[t].points), columns(all.points));
    require(columns(tables[t].points) == columns(all.points), "cli", [&] { return fmt::format("'{}' gives other columns than '{}'", files[t], files[0]); });
    Kokkos::deep_copy(Kokkos::subview(both, Span(0, rows(all.points)), Kokkos::ALL), all.points);
    Kokkos::deep_copy(Kokkos::subview(both, Span(rows(all.points), rows(both)), Kokkos::ALL), tables[t].points);
    all.points = both;
    all.lengths.insert(all.lengths.end(), tables[t].lengths.begin(), tables[t].lengths.end());
  }
  if (options.dt > 0) all.dt = options.dt * static_cast<double>(options.stride);
  const std::string manifold = manifold_of(options, columns(all.points));
  common.write(options.output, [&](const std::string& path) { io::write_trajectories(path, all, common.stamp()); });
  common.say(fmt::format("{} frames in {} trajectories, {} columns written to {}", frames, all.lengths.size(), all.columns.size(), options.output));
  if (manifold != "euclidean") common.say("torsions are angles: say --manifold " + manifold);
  common.write_json({{"frames", frames},
                     {"trajectories", all.lengths.size()},
                     {"dt", all.dt > 0 ? Json(all.dt) : Json(nullptr)},
                     {"columns", all.columns},
                     {"manifold", manifold},
                     {"output", options.output}});
}

}  // namespace

Work declare_features(Command& command) {
  auto options = std::make_shared<FeaturesArguments>();
  command
      .input("TRAJECTORY", options->trajectory,
             "particles in time (H5MD, openPMD, AMBER's netCDF-4, arrays of frames x particles x coordinates); several files, separated by commas, are as many "
             "trajectories")
      ->required();
  command->add_option("--dataset", options->dataset, "which particles, where a file holds several: a group of H5MD, a species, an array")->type_name("PATH");
  command->add_option("--torsions", options->torsions, "torsions of four atoms each, by their numbers from 0: 4,6,8,14 6,8,14,16 ...")->type_name("I,J,K,L");
  command->add_option("--distances", options->distances, "distances of two atoms each")->type_name("I,J");
  command->add_option("--angles", options->angles, "angles of three atoms each, at the second")->type_name("I,J,K");
  command->add_option("--atoms", options->atoms, "all coordinates of these atoms, followed across the faces of the box: 0,3,7-9, or all")->type_name("I,...");
  command->add_option("--stride", options->stride, "keep every N-th frame")->capture_default_str()->transform(count(most_steps));
  command->add_option("--dt", options->dt, "time between the file's frames (default: what the file says)")->check(positive());
  command->add_flag("--ignore-box", options->ignore_box, "take positions as they are, without images in a periodic box");
  command.output("-o,--output", options->output, OutputKind::points, "file to write: a trajectory for each stretch of frames")->required();
  return [options](const Common& common) { features(common, *options); };
}

}  // namespace kswgd::cli
