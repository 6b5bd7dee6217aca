// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foreign.hpp"
#include "memory_limit.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

// H5MD 1.0 and 1.1 (de Buyl, Colberg, Hoefling, Comput. Phys. Commun. 185 (2014) 1546; nongnu.org/h5md): elements in time, particles, boxes.
namespace kswgd::io {
namespace {

/// What `step` or `time` says: a number for each frame, or one for all.
struct Counter {
  bool for_each = false;
  std::vector<double> values;
  double increment = 0;
};

Counter read_counter(const hdf5::File& file, const std::string& path, const std::string& object) {
  Counter clock;
  if (!file.has(object) || file.is_group(object)) return clock;
  const std::vector<Index> shape = file.shape(object);
  if (shape.size() > 1) refuse(path, "has " + object + " of " + hdf5::text_of(shape) + ", where H5MD has a number for each frame, or one");
  clock.values = file.read_vector(object);
  clock.for_each = !shape.empty();
  if (clock.for_each) return clock;
  clock.increment = clock.values.at(0);
  clock.values.clear();
  if (!std::isfinite(clock.increment) || clock.increment < 0) refuse(path, "has in " + object + " an increment of " + short_text(clock.increment));
  return clock;
}

/// The frames of a value, which may be one dataset without time.
struct Element {
  std::string values;
  Index frames = 1;
  bool in_time = false;
};

std::optional<Element> element(const hdf5::File& file, const std::string& path, const std::string& object) {
  if (!file.has(object)) return {};
  if (!file.is_group(object)) return Element{object, 1, false};
  const auto series = h5md_series(file, path, object);
  if (!series) return {};
  return Element{series->values, series->frames, true};
}

/// The groups of /particles that have positions.
std::vector<std::string> groups_in(const hdf5::File& file) {
  std::vector<std::string> found;
  if (!file.is_group("/particles")) return found;
  for (const std::string& name : file.children("/particles"))
    if (file.has("/particles/" + name + "/position")) found.push_back("/particles/" + name);
  return found;
}

/// Gives the particles their box, if they have one.
void add_box(const SharedFile& file, const std::string& group, Particles& particles) {
  const std::string box = group + "/box", path = particles.path;
  if (!file->is_group(box)) return;
  const auto d = static_cast<std::size_t>(particles.dimension);
  const Index said = file->read_integer(box, "dimension", particles.dimension);
  if (said != particles.dimension)
    refuse(path, "has a box of " + std::to_string(said) + " dimensions in " + box + " and positions of " + std::to_string(particles.dimension));
  std::vector<std::string> boundary = file->read_texts(box, "boundary");
  if (boundary.empty() && file->has_attribute(box, "boundary")) boundary = {file->read_text(box, "boundary", "")};
  if (boundary.size() == 1) boundary.assign(d, boundary[0]);
  if (boundary.empty()) {
    boundary.assign(d, "periodic");
    particles.notes.push_back(box + " does not say how its boundaries are (attribute 'boundary'): taken as periodic");
  }
  if (boundary.size() != d) refuse(path, "names " + std::to_string(boundary.size()) + " boundaries in " + box + " for " + std::to_string(d) + " coordinates");
  for (const std::string& one : boundary) {
    if (one != "periodic" && one != "none" && one != "nonperiodic") refuse(path, "has in " + box + " a boundary '" + one + "'; periodic and none are known");
    particles.periodic.push_back(one == "periodic");
  }
  if (std::none_of(particles.periodic.begin(), particles.periodic.end(), [](bool p) { return p; })) return particles.periodic.clear();
  const auto edges = element(*file, path, box + "/edges");
  if (!edges) refuse(path, "has periodic boundaries and no " + box + "/edges");
  const std::vector<Index> all = file->shape(edges->values), shape(all.begin() + (edges->in_time ? 1 : 0), all.end());
  const bool is_vector = shape == std::vector<Index>{particles.dimension}, is_matrix = shape == std::vector<Index>{particles.dimension, particles.dimension};
  if (!is_vector && !is_matrix) refuse(path, "has in " + edges->values + " a box of " + hdf5::text_of(shape) + " for " + std::to_string(d) + " coordinates");
  if (edges->in_time && edges->frames < particles.frames)
    particles.notes.push_back(edges->values + " has the box of " + std::to_string(edges->frames) + " frames, of " + std::to_string(particles.frames));
  particles.box = [file, path, where = *edges, is_vector, d](Index frame, double* result) {
    std::vector<double> values(is_vector ? d : d * d);
    if (where.in_time) {
      if (frame >= where.frames) refuse(path, "has no box for frame " + std::to_string(frame) + " (from 0) in " + where.values);
      file->read_frames(where.values, frame, 1, 1, values.data());
    } else {
      values = file->read_vector(where.values);
    }
    std::fill(result, result + d * d, 0.0);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t k = 0; k < d; ++k)
        if (!is_vector || i == k) result[i * d + k] = values[is_vector ? i : i * d + k];
  };
}

/// Where the order of the particles changes, or some come and go, rows are matched by their ids.
void match_ids(const SharedFile& file, const std::string& group, Particles& particles) {
  const std::string path = particles.path;
  const auto found = element(*file, path, group + "/id");
  if (!found) return;
  const std::vector<Index> shape = file->shape(found->values);
  const auto n = static_cast<std::size_t>(particles.count);
  if (shape.empty() || shape.back() != particles.count || static_cast<Index>(shape.size()) != (found->in_time ? 2 : 1) ||
      (found->in_time && found->frames < particles.frames))
    refuse(path, "has in " + found->values + " a shape of " + hdf5::text_of(shape) + " for " + std::to_string(particles.frames) + " frames of " +
                     std::to_string(n) + " particles");
  std::vector<Index> all = file->read_integers(found->values);
  if (found->in_time) all.resize(static_cast<std::size_t>(particles.frames) * n);
  bool same = true;
  for (std::size_t i = n; i < all.size() && same; ++i) same = all[i] == all[i - n];
  if (same) {
    particles.ids.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n));
    if (std::none_of(particles.ids.begin(), particles.ids.end(), [](Index id) { return id < 0; })) return;
  }
  std::vector<Index> ids = all;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  ids.erase(ids.begin(), std::lower_bound(ids.begin(), ids.end(), 0));  // negative: no particle, what fills the rest of a frame
  for (std::size_t t = 0; t * n < all.size(); ++t) {
    std::vector<Index> own(all.begin() + static_cast<std::ptrdiff_t>(t * n), all.begin() + static_cast<std::ptrdiff_t>((t + 1) * n));
    std::sort(own.begin(), own.end());
    const auto twice = std::adjacent_find(std::lower_bound(own.begin(), own.end(), 0), own.end());
    if (twice != own.end())
      refuse(path, "has the particle " + std::to_string(*twice) + " twice in frame " + std::to_string(t) + " (from 0) of " + found->values);
  }
  particles.notes.push_back("the order of the particles changes: rows are matched by " + found->values);
  const auto plain = particles.read;
  const auto d = static_cast<std::size_t>(particles.dimension), m = ids.size();
  particles.read = [plain, all, ids, n, m, d](Index first, Index count, Index stride, double* values) {
    std::vector<double> frame(n * d);
    for (Index f = 0; f < count; ++f) {
      const Index t = first + f * stride;
      plain(t, 1, 1, frame.data());
      double* const to = values + static_cast<std::size_t>(f) * m * d;
      std::fill(to, to + m * d, NAN);
      for (std::size_t i = 0; i < n; ++i) {
        const Index id = all[static_cast<std::size_t>(t) * n + i];
        if (id < 0) continue;
        const auto at = static_cast<std::size_t>(std::lower_bound(ids.begin(), ids.end(), id) - ids.begin());
        std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(i * d), d, to + at * d);
      }
    }
  };
  particles.count = static_cast<Index>(m);
  particles.ids = std::move(ids);
}

}  // namespace

std::optional<Series> h5md_series(const hdf5::File& file, const std::string& path, const std::string& object) {
  const std::string values = join(object, "value");
  if (!file.is_group(object) || !file.has(values) || file.is_group(values)) return {};
  const std::string step_name = join(object, "step"), time_name = join(object, "time");
  if (!file.has(step_name) && !file.has(time_name)) return {};
  const std::vector<Index> shape = file.shape(values);
  if (shape.empty()) return {};
  Series series;
  series.values = values;
  series.frames = shape[0];
  const Counter step = read_counter(file, path, step_name), time = read_counter(file, path, time_name);
  for (const auto& [clock, name] : {std::pair(&step, &step_name), std::pair(&time, &time_name)}) {
    const auto there = static_cast<Index>(clock->values.size());
    if (!clock->for_each || there == series.frames) continue;
    series.notes.push_back(values + " has " + std::to_string(shape[0]) + " frames and " + *name + " " + std::to_string(there) +
                           ": the smaller number is taken");
    series.frames = std::min(series.frames, there);
  }
  series.by_steps = !time.for_each;
  series.times = time.for_each ? time.values : step.values;
  series.times.resize(std::min(series.times.size(), static_cast<std::size_t>(series.frames)));
  series.times_name = time.for_each ? time_name : step_name;
  if (!series.times.empty()) series.rounding = file.rounding(series.times_name);
  series.dt = time.increment;
  if (series.dt > 0) series.dt_name = time_name;
  if (file.has(time_name)) series.time_unit = file.read_text(time_name, "unit", "");
  return series;
}

std::optional<Particles> h5md_particles(const SharedFile& file, const std::string& path, const std::string& object) {
  std::string position;
  if (object.empty()) {
    const std::vector<std::string> groups = groups_in(*file);
    if (groups.empty()) return {};
    if (groups.size() > 1) {
      std::string names;
      for (const std::string& group : groups) names += (names.empty() ? "" : ", ") + group;
      refuse(path, "holds several groups of particles (" + names + "): name one with --dataset, or FILE:GROUP");
    }
    position = groups[0] + "/position";
  } else {
    const std::string named = file->has(object) ? object : "/particles" + object;
    if (!file->is_group(named)) return {};
    position = file->has(named + "/position") ? named + "/position" : named;
  }
  if (!file->is_group(position)) {
    if (!object.empty() && !file->has(object + "/position")) return {};
    refuse(path, "has positions in " + position + " that do not change in time (H5MD)");
  }
  const auto series = h5md_series(*file, path, position);
  if (!series) return {};
  const std::vector<Index> shape = file->shape(series->values);
  if (shape.size() != 3) return {};
  file->require_data(series->values);
  Particles particles{path, position, series->frames, shape[1], shape[2]};
  particles.clock = *series;
  particles.notes = series->notes;
  particles.length_unit = file->read_text(series->values, "unit", file->read_text(position, "unit", ""));
  particles.read = [file, values = series->values](Index first, Index count, Index stride, double* to) { file->read_frames(values, first, count, stride, to); };
  const std::string group = parent(position);
  if (base_name(position) == "position") add_box(file, group, particles);
  match_ids(file, group, particles);
  return particles;
}

}  // namespace kswgd::io
