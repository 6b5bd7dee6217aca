// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foreign.hpp"
#include "memory_limit.hpp"
#include "times.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

// Particles in time: which reader takes a file, and what rows their frames are.
namespace kswgd::io {
namespace {

constexpr Index numbers_at_once = Index{1} << 20;

/// A plain array T x N x d.
std::optional<Particles> plain_array(const SharedFile& file, const std::string& path, const std::string& object) {
  if (object.empty() || !file->has(object) || file->is_group(object)) return {};
  const std::vector<Index> shape = file->shape(object);
  if (shape.size() != 3) return {};
  file->require_data(object);
  Particles particles{path, object, shape[0], shape[1], shape[2]};
  particles.is_array = true;
  particles.clock.dt = file->read_number(object, "dt", 0);
  if (!std::isfinite(particles.clock.dt) || particles.clock.dt < 0) refuse(path, object + " has a dt of " + short_text(particles.clock.dt));
  if (particles.clock.dt > 0) particles.clock.dt_name = object + " (attribute dt)";
  const bool packed = is_netcdf(*file);
  const auto series = packed ? netcdf_series(*file, object) : std::nullopt;
  if (series) {
    particles.clock = *series;
    particles.frames = series->frames;
    particles.notes = series->notes;
  }
  const auto packing = packed ? std::make_shared<Packing>(*file, path, object) : nullptr;
  const Index numbers = shape[1] * shape[2];
  particles.read = [file, object, packing, numbers](Index first, Index count, Index stride, double* values) {
    file->read_frames(object, first, count, stride, values);
    if (!packing) return;
    for (Index f = 0; f < count; ++f) packing->unpack(values + f * numbers, numbers, first + f * stride);
  };
  return particles;
}

std::string particle_name(const Particles& particles, Index n) {
  return std::to_string(particles.ids.empty() ? n : particles.ids[static_cast<std::size_t>(n)]);
}

/// "x", "y", "z", or "0", "1", ...
std::string coordinate_name(const Particles& particles, Index k) { return particles.dimension <= 3 ? std::string(1, "xyz"[k]) : std::to_string(k); }

/// Where a particle is, frame by frame, as stretches of kept frames [first, last).
using Present = std::vector<Span>;

class FrameReader {
 public:
  FrameReader(const Particles& particles, Index stride)
      : m_particles(particles),
        m_stride(stride),
        m_numbers(std::max<Index>(1, particles.count * particles.dimension)),
        m_at_once(std::max<Index>(1, numbers_at_once / m_numbers)),
        m_buffer(static_cast<std::size_t>(m_at_once * m_numbers)) {}

  /// Calls use(frame, values) for kept frames first .. last.
  template <class Use>
  void frames(Index first, Index last, const Use& use) {
    for (Index f = first; f < last; f += m_at_once) {
      const Index count = std::min(m_at_once, last - f);
      m_particles.read(f * m_stride, count, m_stride, m_buffer.data());
      for (Index i = 0; i < count; ++i) use(f + i, m_buffer.data() + i * m_numbers);
    }
  }

 private:
  const Particles& m_particles;
  Index m_stride, m_numbers, m_at_once;
  std::vector<double> m_buffer;
};

void require_finite_coordinates(const Particles& particles, const double* values, Index n, Index frame) {
  for (Index k = 0; k < particles.dimension; ++k)
    if (!std::isfinite(values[n * particles.dimension + k]))
      refuse(particles.path, "has " + short_text(values[n * particles.dimension + k]) + " in " + particles.object + ", frame " + std::to_string(frame) +
                                 ", particle " + particle_name(particles, n) + ", coordinate " + std::to_string(k) + " (from 0); every number must be finite");
}

/// A particle that has no coordinate at all in a frame is not there.
bool is_there(const Particles& particles, const double* values, Index n) {
  bool any = false;
  for (Index k = 0; k < particles.dimension; ++k) any = any || !std::isnan(values[n * particles.dimension + k]);
  return any;
}

/// The rows asked for of `rows`, and a table that says so.
Span begin_table(Table& table, const Particles& particles, const ReadOptions& options, Index rows, Index columns) {
  if (rows == 0 || columns == 0) refuse(particles.path, "holds no particles in " + particles.object);
  const Span wanted = part_of(rows, options);
  if (is_part(options)) {
    table.first = wanted.first;
    table.total = rows;
  }
  require_memory(particles.path, particles.object, wanted.second - wanted.first, columns);
  table.points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", wanted.second - wanted.first, columns);
  return wanted;
}

/// The particles of one frame, as points.
Table as_points(const Particles& particles, const ReadOptions& options) {
  Table table;
  const Index n = particles.count, d = particles.dimension, rows = rows_left(n, options.stride);
  const Span wanted = begin_table(table, particles, options, rows, d);
  table.parts = {{particles.path, "", n}};
  FrameReader(particles, 1).frames(0, 1, [&](Index, const double* values) {
    for (Index i = wanted.first; i < wanted.second; ++i) {
      require_finite_coordinates(particles, values, i * options.stride, 0);
      for (Index k = 0; k < d; ++k) table.points(i - wanted.first, k) = values[i * options.stride * d + k];
    }
  });
  for (Index i = wanted.first; i < wanted.second && !particles.weights.empty(); ++i)
    table.weights.push_back(particles.weights[static_cast<std::size_t>(i * options.stride)]);
  table.is_weighted = !particles.weights.empty();
  for (const double weight : particles.weights)
    if (!(std::isfinite(weight) && weight >= 0))
      refuse(particles.path, "has the weight " + short_text(weight) + " in " + particles.object + "; weights are finite and not negative");
  for (Index k = 0; k < d; ++k) table.columns.push_back(coordinate_name(particles, k));
  if (options.as_trajectory) refuse(particles.path, "holds one frame of " + particles.object + ", where frames in time are wanted");
  return table;
}

/// Frames, each a row.
Table as_frames(const Particles& particles, const ReadOptions& options) {
  Table table;
  const Index n = particles.count, d = particles.dimension, rows = rows_left(particles.frames, options.stride);
  const Span wanted = begin_table(table, particles, options, rows, n * d);
  table.parts = {{particles.path, "", particles.frames}};
  FrameReader(particles, options.stride).frames(wanted.first, wanted.second, [&](Index f, const double* values) {
    for (Index i = 0; i < n; ++i) {
      if (!is_there(particles, values, i))
        refuse(particles.path, "has no particle " + particle_name(particles, i) + " in frame " + std::to_string(f * options.stride) + " (from 0) of " +
                                   particles.object + ": particles come and go; take each as a trajectory of its own (--layout trajectories)");
      require_finite_coordinates(particles, values, i, f * options.stride);
    }
    for (Index k = 0; k < n * d; ++k) table.points(f - wanted.first, k) = values[k];
  });
  const FrameStretches time = stretches_of(particles.clock, particles.path, particles.frames, options.stride);
  table.lengths = time.lengths;
  table.dt = time.dt;
  table.dt_error = time.dt_error;
  table.notes = time.notes;
  for (Index i = 0; i < n && n * d <= 10000; ++i)
    for (Index k = 0; k < d; ++k) table.columns.push_back(coordinate_name(particles, k) + particle_name(particles, i));
  return table;
}

/// Particles, each a trajectory that ends where it is gone or its times have a gap.
Table as_trajectories(const Particles& particles, const ReadOptions& options) {
  Table table;
  const Index n = particles.count, d = particles.dimension, kept = rows_left(particles.frames, options.stride);
  const FrameStretches time = stretches_of(particles.clock, particles.path, particles.frames, options.stride);
  // Where each is: a pass of its own where some may be missing.
  std::vector<Present> present(static_cast<std::size_t>(n));
  std::vector<Index> starts;
  for (Index f = 0, s = 0; s < static_cast<Index>(time.lengths.size()); f += time.lengths[static_cast<std::size_t>(s)], ++s) starts.push_back(f);
  FrameReader(particles, options.stride).frames(0, kept, [&](Index f, const double* values) {
    const bool gap = std::binary_search(starts.begin(), starts.end(), f);
    for (Index i = 0; i < n; ++i) {
      if (!is_there(particles, values, i)) continue;
      require_finite_coordinates(particles, values, i, f * options.stride);
      Present& own = present[static_cast<std::size_t>(i)];
      if (gap || own.empty() || own.back().second != f) own.push_back({f, f});
      ++own.back().second;
    }
  });
  std::vector<Index> first_row(static_cast<std::size_t>(n));
  Index rows = 0;
  for (Index i = 0; i < n; ++i) {
    first_row[static_cast<std::size_t>(i)] = rows;
    Index own = 0;
    for (const Span& stretch : present[static_cast<std::size_t>(i)]) {
      table.lengths.push_back(stretch.second - stretch.first);
      table.names.push_back(particle_name(particles, i));
      own += table.lengths.back();
    }
    rows += own;
    // The rows before the stride, as far as they can be known: of a particle that is always there all frames.
    table.parts.push_back({particles.path, particle_name(particles, i), own == kept ? particles.frames : own * options.stride});
  }
  const Span wanted = begin_table(table, particles, options, rows, d);
  std::vector<Index> done(static_cast<std::size_t>(n), 0);
  FrameReader(particles, options.stride).frames(0, kept, [&](Index, const double* values) {
    for (Index i = 0; i < n; ++i) {
      if (!is_there(particles, values, i)) continue;
      const Index row = first_row[static_cast<std::size_t>(i)] + done[static_cast<std::size_t>(i)]++;
      if (row < wanted.first || row >= wanted.second) continue;
      for (Index k = 0; k < d; ++k) table.points(row - wanted.first, k) = values[i * d + k];
    }
  });
  table.dt = time.dt;
  table.dt_error = time.dt_error;
  table.notes = time.notes;
  for (Index k = 0; k < d; ++k) table.columns.push_back(coordinate_name(particles, k));
  return table;
}

}  // namespace

std::string short_text(double value) {
  char number[32];
  std::snprintf(number, sizeof number, "%.6g", value);
  return number;
}

namespace {

std::optional<Particles> find_any(const SharedFile& file, const std::string& path, const std::string& named) {
  if (named.empty() && (file->has("/samples") || file->has("/trajectories"))) {
    if (file->has("/samples") && !file->is_group("/samples")) return plain_array(file, path, "/samples");
    return {};
  }
  if (is_openpmd(*file)) {
    const bool plain = !named.empty() && file->has(named) && !file->is_group(named) && file->shape(named).size() == 2;
    if (!plain) return openpmd_particles(file, path, named);
    return {};
  }
  if (auto found = amber_particles(file, path, named)) return found;
  if (auto found = h5md_particles(file, path, named)) return found;
  return plain_array(file, path, named);
}

}  // namespace

std::optional<Particles> find_particles(const SharedFile& file, const std::string& path, const std::string& named) {
  auto found = find_any(file, path, named == "/" ? "" : named);
  if (found) require_memory(path, found->object, 2 * found->count, found->dimension);  // a frame is read at once
  return found;
}

Particles read_particles(const std::string& path, const std::string& dataset) {
  const std::string format = input_format_of(path);
  if (format == "npy") {
    Particles particles = npy_particles(path);
    if (particles.count == 0) refuse(path, "has two dimensions, where frames x particles x coordinates are wanted");
    return particles;
  }
  if (format != "h5") refuse(path, "is text: particles in time are read from HDF5, netCDF-4 and .npy");
  const auto file = std::make_shared<const hdf5::File>(hdf5::File::open(path));
  const std::string named = dataset.empty() ? "" : absolute(dataset);
  auto found = find_particles(file, path, named);
  if (!found) refuse(path, "holds no particles in time" + (named.empty() ? "" : " in " + named) + " (frames x particles x coordinates)" + what_there_is(*file));
  return std::move(*found);
}

FrameStretches stretches_of(const Clock& clock, const std::string& path, Index frames, Index stride) {
  FrameStretches result;
  const auto factor = static_cast<double>(stride);
  const std::string unit = clock.time_unit.empty() ? " (the file names no unit)" : " " + clock.time_unit;
  if (clock.times.empty()) {
    result.lengths = {rows_left(frames, stride)};
    result.dt = clock.dt * factor;
  } else {
    const Stretches found = stretches(path, clock.times_name, clock.times, clock.rounding, stride, 0);
    result.lengths = found.lengths;
    result.dt = (clock.by_steps ? clock.dt : found.dt) * factor;
    result.dt_error = clock.by_steps ? 0 : found.error * factor;
    if (!clock.by_steps && found.dt > 0) result.notes.push_back("dt is " + short_text(found.dt) + unit + ", from the times in " + clock.times_name);
    if (clock.by_steps && !(clock.dt > 0))
      result.notes.push_back(clock.times_name + " says steps and nothing says how long one is: times are counted in frames; --dt gives the time between two");
  }
  if (clock.dt > 0)
    result.notes.push_back("dt is " + short_text(clock.dt) + unit + " because " + clock.dt_name +
                           " says so, one number for all frames: no times stand beside them to check it");
  return result;
}

Table table_of(const Particles& particles, const ReadOptions& options) {
  if (options.layout == ArrayLayout::none && (particles.frames != 1 || particles.is_array))
    refuse(particles.path, "has 3 dimensions in " + particles.object + ", " + std::to_string(particles.frames) + " frames of " +
                               std::to_string(particles.count) + " particles in " + std::to_string(particles.dimension) +
                               " coordinates: say with --layout whether they are a trajectory for each particle (trajectories) or the frames of one (frames)");
  Table table = options.layout == ArrayLayout::trajectories ? as_trajectories(particles, options)
                : options.layout == ArrayLayout::frames     ? as_frames(particles, options)
                                                            : as_points(particles, options);
  table.stride = options.stride;
  table.notes.insert(table.notes.begin(), particles.notes.begin(), particles.notes.end());
  return table;
}

}  // namespace kswgd::io
