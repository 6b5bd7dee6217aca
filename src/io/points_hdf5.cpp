// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"
#include "hdf5.hpp"

#include <kswgd/support/check.hpp>
#include <kswgd/support/statistics.hpp>

#include <algorithm>
#include <cmath>

// Points and trajectories in HDF5: what to read, and what must fit together.
namespace kswgd::io {
namespace {

/// "samples/" and "samples" are "/samples".
std::string absolute(std::string object) {
  while (object.size() > 1 && object.back() == '/') object.pop_back();
  return object.empty() || object[0] != '/' ? "/" + object : object;
}
std::string parent(const std::string& object) {
  const std::size_t slash = object.rfind('/');
  return slash == 0 ? "/" : object.substr(0, slash);
}
std::string join(const std::string& group, const std::string& name) { return (group == "/" ? "" : group) + "/" + name; }

[[noreturn]] void refuse(const std::string& path, const std::string& why) { throw InvalidInput("kswgd::io: '" + path + "' " + why); }

/// "; it holds /a (10 x 2), ...": so that the user can name one.
std::string what_there_is(const hdf5::File& file) {
  const auto all = file.list();
  std::string text = all.empty() ? "; it holds no dataset at all" : "; it holds ";
  for (std::size_t i = 0; i < all.size() && i < 12; ++i) text += (i ? ", " : "") + all[i];
  return text + (all.size() > 12 ? ", ..." : "");
}

/// What will be read: datasets of points, in order, and the time between their rows.
struct Parts {
  std::vector<std::string> paths;
  bool trajectories = false;
  double dt = 0;
};

double time_step(const hdf5::File& file, const std::string& path, const std::string& object, double otherwise) {
  const double dt = file.read_number(object, "dt", otherwise);
  require(std::isfinite(dt) && dt >= 0, "io", [&] { return "'" + path + "': " + object + " has a dt of " + std::to_string(dt); });
  return dt;
}

Parts trajectories_in(const hdf5::File& file, const std::string& path, const std::string& group) {
  Parts parts{{}, true, -1};
  const double common = time_step(file, path, group, file.read_number(parent(group), "dt", 0));
  for (const std::string& name : file.children(group)) {
    const std::string full = join(group, name);
    if (file.is_group(full)) continue;
    const double own = time_step(file, path, full, common);
    require(parts.dt < 0 || std::abs(parts.dt - own) <= 1e-9 * parts.dt, "io", [&] {
      return "'" + path + "': " + full + " has dt " + std::to_string(own) + " where " + parts.paths[0] + " has " + std::to_string(parts.dt) +
             ": a lag would mean two times";
    });
    parts.dt = own;
    parts.paths.push_back(full);
  }
  if (parts.paths.empty()) refuse(path, "has no trajectories in " + group + what_there_is(file));
  return parts;
}

/// What stands in a group, or is one dataset. A group of both points and trajectories gives the latter where frames in time are wanted.
Parts find_parts(const hdf5::File& file, const std::string& path, const std::string& named, bool in_time) {
  const std::string object = named.empty() ? "/" : absolute(named);
  if (!file.has(object)) refuse(path, "has no " + object + what_there_is(file));
  if (!file.is_group(object)) {
    const double inherited = parent(object).ends_with("/trajectories") ? file.read_number(parent(object), "dt", 0) : 0;
    return {{object}, parent(object).ends_with("/trajectories"), time_step(file, path, object, inherited)};
  }
  const std::string samples = join(object, "samples"), inner = join(object, "trajectories");
  if (in_time && file.is_group(inner)) return trajectories_in(file, path, inner);
  if (file.has(samples) && !file.is_group(samples)) return {{samples}, false, time_step(file, path, samples, 0)};
  if (file.is_group(inner)) return trajectories_in(file, path, inner);
  if (object != "/") return trajectories_in(file, path, object);
  refuse(path, "has no /samples and no /trajectories: is it a file of points? (--dataset names another)" + what_there_is(file));
}

/// The weights of the rows that are kept; the file has one for each of its rows, part after part.
std::vector<double> weights_of(const hdf5::File& file, const std::string& path, const std::string& dataset, const Parts& parts, Index stride) {
  const std::vector<double> all = file.read_vector(dataset);
  std::vector<double> kept;
  std::size_t first = 0;
  for (const std::string& part : parts.paths) {
    const auto rows = static_cast<std::size_t>(file.table(part).first);
    for (std::size_t i = 0; i < rows && first + i < all.size(); i += static_cast<std::size_t>(stride)) kept.push_back(all[first + i]);
    first += rows;
  }
  if (all.size() != first) refuse(path, "has " + std::to_string(all.size()) + " weights in " + dataset + " for " + std::to_string(first) + " points");
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (!std::isfinite(kept[i]) || kept[i] < 0)
      refuse(path, "has the weight " + std::to_string(kept[i]) + " in " + dataset + "; weights are finite and not negative");
  return kept;
}

/// The frames of each stretch without a gap, of one trajectory with a time for each frame; the step is checked against dt, which is
/// set where it is 0.
std::vector<Index> stretches(const hdf5::File& file, const std::string& path, const std::string& times, Index rows, Index stride, double& dt) {
  constexpr double tolerance = 1e-3;
  const std::vector<double> all = file.read_vector(times);
  if (static_cast<Index>(all.size()) != rows)
    refuse(path, "has " + std::to_string(all.size()) + " times in " + times + " for " + std::to_string(rows) + " frames");
  std::vector<double> steps;
  for (std::size_t i = 1; i < all.size(); ++i) {
    steps.push_back(all[i] - all[i - 1]);
    if (!(std::isfinite(steps.back()) && steps.back() > 0))
      refuse(path, "has times in " + times + " that do not ascend (row " + std::to_string(i) + ", from 0)");
  }
  if (steps.empty()) return {rows};
  const double step = upper_median(steps);
  if (dt > 0 && std::abs(step - dt) > tolerance * dt)
    refuse(path, "has steps of " + std::to_string(step) + " in " + times + " where dt is " + std::to_string(dt));
  if (!(dt > 0)) dt = step;
  // Each kept frame is `stride` steps after the one before it, or a new stretch begins.
  std::vector<Index> lengths{0};
  for (std::size_t i = 0; i < all.size(); i += static_cast<std::size_t>(stride)) {
    const double since = i == 0 ? 0 : all[i] - all[i - static_cast<std::size_t>(stride)];
    const double expected = static_cast<double>(stride) * dt;
    if (i > 0 && since < expected * (1 - tolerance))
      refuse(path, "has irregular times in " + times + ": " + std::to_string(since) + " before row " + std::to_string(i) + " (from 0), " +
                       std::to_string(expected) + " before most: resample the frames at equal times");
    if (i > 0 && since > expected * (1 + tolerance)) lengths.push_back(0);
    ++lengths.back();
  }
  return lengths;
}

}  // namespace

Table read_hdf5(const std::string& path, const ReadOptions& options) {
  const hdf5::File file = hdf5::File::open(path);
  Parts parts = find_parts(file, path, options.dataset, options.as_trajectory);
  const Index stride = options.stride;
  Table data;
  std::vector<Index> lengths;
  Index rows = 0, columns = 0;
  for (const std::string& part : parts.paths) {
    const auto [own_rows, own_columns] = file.table(part);
    if (lengths.empty()) columns = own_columns;
    if (own_columns != columns)
      refuse(path, "has " + std::to_string(own_columns) + " coordinates in " + part + " and " + std::to_string(columns) + " in " + parts.paths[0]);
    lengths.push_back((own_rows + stride - 1) / stride);
    rows += lengths.back();
  }
  if (rows == 0 || columns == 0) refuse(path, "holds no points");
  data.points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", rows, columns);
  Index first = 0;
  for (std::size_t p = 0; p < parts.paths.size(); ++p) {
    file.read_rows(parts.paths[p], stride, true, data.points, first);
    first += lengths[p];
  }
  if (parts.trajectories || options.as_trajectory) {
    for (std::size_t p = 0; p < parts.paths.size(); ++p) {
      const std::string group = parent(parts.paths[p]), name = parts.paths[p].substr(parts.paths[p].rfind('/') + 1);
      const std::string times = join(parent(group), "times/" + name);
      const bool timed = parts.trajectories && file.has(join(parent(group), "times")) && file.has(times);
      for (const Index length : timed ? stretches(file, path, times, file.table(parts.paths[p]).first, stride, parts.dt) : std::vector<Index>{lengths[p]}) {
        data.lengths.push_back(length);
        if (parts.trajectories) data.names.push_back(name);
      }
    }
  }
  data.dt = parts.dt * static_cast<double>(stride);

  const bool named = !options.weights.empty();
  const std::string weights = named ? absolute(options.weights) : "/weights";
  if (named || (options.dataset.empty() && file.has(weights))) data.weights = weights_of(file, path, weights, parts, stride);
  return data;
}

}  // namespace kswgd::io
