// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foreign.hpp"
#include "memory_limit.hpp"
#include "same_file.hpp"
#include "times.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <tuple>

// Points and trajectories in HDF5: what to read, and what must fit together.
namespace kswgd::io {

std::string what_there_is(const hdf5::File& file) {
  const auto all = file.list(12);
  std::string text = all.empty() ? "; it holds no dataset at all" : "; it holds ";
  for (std::size_t i = 0; i < all.size(); ++i) text += (i ? ", " : "") + all[i];
  return text;
}

std::string absolute(std::string object) {
  while (object.size() > 1 && object.back() == '/') object.pop_back();
  return object.empty() || object[0] != '/' ? "/" + object : object;
}

namespace {

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
    require(parts.dt < 0 || std::abs(parts.dt - own) <= 1e-6 * parts.dt, "io", [&] {
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

/// One dataset, of which its file says more than HDF5 does: times of its frames, names of its columns, how its numbers are packed.
struct Single {
  std::string dataset;
  std::optional<Series> series = {};
  std::optional<Records> records = {};
  bool netcdf = false;
};

/// The only group at the root that holds a pandas frame; "" where there is none, or several.
std::string only_frame(const hdf5::File& file) {
  std::string found;
  if (!file.has_attribute("/", "PYTABLES_FORMAT_VERSION")) return found;
  for (const std::string& name : file.children("/"))
    if (file.has_attribute("/" + name, "pandas_type")) {
      if (!found.empty()) return "";
      found = "/" + name;
    }
  return found;
}

std::optional<Single> find_single(const hdf5::File& file, const std::string& path, const std::string& named) {
  std::string object = named;
  if (named.empty() || named == "/") {
    if (file.has("/samples") || file.has("/trajectories")) return {};
    object = only_frame(file);
    if (object.empty()) return {};
  }
  if (auto series = h5md_series(file, path, object)) return Single{series->values, series};
  if (auto records = find_records(file, path, object)) return Single{records->dataset, {}, records};
  if (!is_netcdf(file) || !file.has(object) || file.is_group(object)) return {};
  return Single{object, netcdf_series(file, object), {}, true};
}

Table read_single(const hdf5::File& file, const std::string& path, const Single& single, const ReadOptions& options) {
  const bool in_records = single.records && !single.records->fields.empty();
  Index there = 0, columns = 0;
  if (in_records) {
    const std::vector<Index> shape = file.shape(single.dataset);
    if (shape.size() != 1)
      refuse(path, "has records of a shape " + hdf5::text_of(shape) + " in " + single.dataset + ", where one record for each row is wanted");
    there = shape[0];
    for (const hdf5::Field& field : single.records->fields) columns += field.width;
    file.require_records(single.dataset);
  } else {
    std::tie(there, columns) = file.table(single.dataset);
    file.require_data(single.dataset);
  }
  Table data;
  const Index rows = single.series ? std::min(there, single.series->frames) : there, kept = rows_left(rows, options.stride);
  if (kept == 0 || columns == 0) refuse(path, "holds no points in " + single.dataset);
  const Span wanted = part_of(kept, options);
  require_memory(path, single.dataset, wanted.second - wanted.first, columns);
  data.parts = {{path, "", rows}};
  data.stride = options.stride;
  if (is_part(options)) {
    data.first = wanted.first;
    data.total = kept;
  }
  data.points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", wanted.second - wanted.first, columns);
  if (in_records)
    file.read_fields(single.dataset, single.records->fields, options.stride, wanted, data.points);
  else
    file.read_rows(single.dataset, options.stride, true, data.points, 0, wanted);
  if (single.netcdf) {
    const Packing packing(file, path, single.dataset);
    for (Index k = 0; k < columns; ++k)
      for (Index i = wanted.first; i < wanted.second; ++i) {
        double& value = data.points(i - wanted.first, k);
        value = packing.unpacked(value, i * options.stride, k);
      }
  }
  if (single.records) data.columns = single.records->columns;
  if (single.series) {
    const FrameStretches time = stretches_of(*single.series, path, rows, options.stride);
    data.lengths = time.lengths;
    data.dt = time.dt;
    data.dt_error = time.dt_error;
    data.notes = single.series->notes;
    data.notes.insert(data.notes.end(), time.notes.begin(), time.notes.end());
  } else if (options.as_trajectory) {
    data.lengths = {kept};
  }
  return data;
}

/// Reads rows of the datasets, one after the other, of which the stride leaves so many each.
RowReader reader_of(const std::shared_ptr<const hdf5::File>& file, const SameFile& same, const std::vector<std::string>& datasets,
                    const std::vector<Index>& lengths, Index stride) {
  return same.guarded([=](Index first, Index last, const HostPoints& target, Index row) {
    Index before = 0;
    for (std::size_t p = 0; p < datasets.size(); before += lengths[p++]) {
      const Index begin = std::max(first, before), end = std::min(last, before + lengths[p]);
      if (begin < end) file->read_rows(datasets[p], stride, true, target, row + begin - first, {begin - before, end - before});
    }
  });
}

}  // namespace

Table read_hdf5(const std::string& path, const ReadOptions& options) {
  const SameFile same(path);
  const auto shared = std::make_shared<const hdf5::File>(hdf5::File::open(path));
  const hdf5::File& file = *shared;
  const std::string named = options.dataset.empty() ? "" : absolute(options.dataset);
  if (const auto particles = find_particles(shared, path, named)) return table_of(*particles, options);
  if (options.layout != ArrayLayout::none)
    refuse(path, "holds no frames x particles x coordinates" + (named.empty() ? "" : " in " + named) + " of which --layout could say what they are" +
                     what_there_is(file));
  if (const auto single = find_single(file, path, named)) return read_single(file, path, *single, options);
  Parts parts = find_parts(file, path, options.dataset, options.as_trajectory);
  const Index stride = options.stride;
  Table data;
  std::vector<Index> lengths;
  Index rows = 0, columns = 0;
  for (const std::string& part : parts.paths) {
    const auto [own_rows, own_columns] = file.table(part);
    file.require_data(part);
    if (lengths.empty()) columns = own_columns;
    if (own_columns != columns)
      refuse(path, "has " + std::to_string(own_columns) + " coordinates in " + part + " and " + std::to_string(columns) + " in " + parts.paths[0]);
    data.parts.push_back({path, parts.trajectories ? part.substr(part.rfind('/') + 1) : "", own_rows});
    lengths.push_back(rows_left(own_rows, stride));
    rows += lengths.back();
    const auto [first_row, last_row] = part_of(rows, options);
    if (!options.in_place) require_memory(path, part, last_row - first_row, columns);
  }
  if (rows == 0 || columns == 0) refuse(path, "holds no points");
  data.stride = stride;
  const Span wanted = part_of(rows, options);
  if (is_part(options)) {
    data.first = wanted.first;
    data.total = rows;
  }
  data.points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", options.in_place ? 0 : wanted.second - wanted.first, columns);
  if (options.in_place) {
    data.held = wanted.second - wanted.first;
    data.reader = reader_of(shared, same, parts.paths, lengths, stride);
    data.grid = stride == 1 ? file.chunk_rows(parts.paths[0]) : 1;
  }
  Index first = 0;
  for (std::size_t p = 0; p < parts.paths.size() && !options.in_place; ++p) {
    const Span kept{std::max<Index>(0, wanted.first - first), std::min(lengths[p], wanted.second - first)};
    file.read_rows(parts.paths[p], stride, true, data.points, std::max<Index>(0, first - wanted.first), kept);
    first += lengths[p];
  }
  double dt = parts.dt, dt_error = 0;
  if (parts.trajectories || options.as_trajectory) {
    std::string timed_before;
    for (std::size_t p = 0; p < parts.paths.size(); ++p) {
      const std::string group = parent(parts.paths[p]), &name = data.parts[p].name;
      const std::string times = join(parent(group), "times/" + name);
      const bool timed = parts.trajectories && file.has(join(parent(group), "times")) && file.has(times);
      Stretches own{{lengths[p]}};
      if (timed) {
        const std::vector<double> all = file.read_vector(times);
        if (static_cast<Index>(all.size()) != data.parts[p].rows)
          refuse(path, "has " + std::to_string(all.size()) + " times in " + times + " for " + std::to_string(data.parts[p].rows) + " frames");
        own = stretches(path, times, all, file.rounding(times), stride, parts.dt);
        if (dt > 0 && own.dt > 0 && !same_step(dt, dt_error, own.dt, own.error))
          refuse(path, "has steps of " + std::to_string(own.dt) + " in " + times + " where " + timed_before + " has " + std::to_string(dt) +
                           ": a lag would mean two times");
        if (own.dt > 0 && (!(dt > 0) || own.error < dt_error)) {
          dt = own.dt;
          dt_error = own.error;
          timed_before = times;
        }
      }
      for (const Index length : own.lengths) {
        data.lengths.push_back(length);
        if (parts.trajectories) data.names.push_back(name);
      }
    }
  }
  data.dt = dt * static_cast<double>(stride);
  data.dt_error = dt_error * static_cast<double>(stride);

  data.columns = file.read_texts(parts.paths[0], "columns");
  if (data.columns.size() == 1 && columns != 1) data.columns.clear();  // one text that tells of all of them
  if (!data.columns.empty() && static_cast<Index>(data.columns.size()) != columns)
    refuse(path, "names " + std::to_string(data.columns.size()) + " columns in the attribute 'columns' of " + parts.paths[0] + ", which has " +
                     std::to_string(columns));
  for (const std::string& group : {parent(parts.paths[0]), std::string("/")}) {
    if (data.columns.empty()) data.columns = file.read_texts(group, "columns");
    if (static_cast<Index>(data.columns.size()) != columns) data.columns.clear();  // those of something else
  }
  return data;
}

bool has_default_weights(const std::string& path) { return hdf5::File::open(path).has("/weights"); }

}  // namespace kswgd::io
