// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.hpp"
#include "hdf5.hpp"

namespace kswgd::io::detail {
namespace {

using hdf5::Kind;
using hdf5::Reader;

/// "samples/" and "samples" are "/samples".
std::string absolute(std::string object) {
  while (object.size() > 1 && object.back() == '/') object.pop_back();
  return object.empty() || object[0] != '/' ? "/" + object : object;
}
std::string parent(const std::string& object) {
  const auto slash = object.rfind('/');
  return slash == 0 ? "/" : object.substr(0, slash);
}
std::string join(const std::string& group, const std::string& name) { return (group == "/" ? "" : group) + "/" + name; }
bool named_trajectories(const std::string& group) { return group.substr(group.rfind('/') + 1) == "trajectories"; }

[[noreturn]] void list_what_there_is(const Reader& file, const std::string& problem) {
  std::string list;
  const auto datasets = file.datasets();
  for (std::size_t i = 0; i < datasets.size() && i < 12; ++i) {
    std::string shape;
    for (const Index extent : file.shape(datasets[i])) shape += (shape.empty() ? "" : " x ") + std::to_string(extent);
    list += (i ? ", " : "") + datasets[i] + " (" + shape + ")";
  }
  if (datasets.size() > 12) list += ", ...";
  throw InvalidInput("'" + file.path() + "' " + problem + (list.empty() ? "; it holds no dataset at all" : "; it holds " + list));
}

/// The attribute dt of an object; 0 where there is none.
double time_step_of(const Reader& file, const std::string& object) {
  const Attributes attributes = file.attributes(object);
  for (const auto& attribute : attributes) {
    if (attribute.name != "dt") continue;
    const double dt = number_of(attributes, "dt", std::nan(""));
    if (!(std::isfinite(dt) && dt > 0)) file.fail(object, "has a dt of " + text_of(attributes, "dt") + "; a positive number is needed");
    return dt;
  }
  return 0;
}

Index rows_of(const Reader& file, const std::string& dataset, Index stride, Index& columns) {
  const auto shape = file.shape(dataset);
  if (shape.empty() || shape.size() > 2) {
    file.fail(dataset, "has " + std::to_string(shape.size()) + " dimensions; points are a dataset of two, n x d");
  }
  columns = shape.size() == 2 ? shape[1] : 1;
  return (shape[0] + stride - 1) / stride;
}

DataSet read_trajectories(const Reader& file, const std::string& group, Index stride) {
  DataSet data;
  data.is_trajectory = true;
  data.dataset = group;
  const double common = [&] {
    const double own = time_step_of(file, group);
    return own > 0 ? own : time_step_of(file, parent(group));
  }();
  Index total = 0, columns = 0;
  std::vector<std::string> paths;
  for (const auto& name : file.children(group)) {
    const std::string path = join(group, name);
    if (file.kind(path) != Kind::dataset) continue;
    Index own_columns = 0;
    const Index rows = rows_of(file, path, stride, own_columns);
    const double own = time_step_of(file, path), dt = own > 0 ? own : common;
    if (paths.empty()) {
      columns = own_columns;
      data.dt = dt;
    }
    if (own_columns != columns) {
      file.fail(path, "has " + std::to_string(own_columns) + " columns, '" + paths[0] + "' has " + std::to_string(columns) +
                          "; all trajectories must be of one system");
    }
    if (std::abs(dt - data.dt) > 1e-9 * data.dt) {
      const auto say = [](double step) { return step > 0 ? "dt = " + std::to_string(step) : std::string("no dt"); };
      file.fail(path, "has " + say(dt) + ", '" + paths[0] + "' has " + say(data.dt) +
                          "; a lag of so many steps must be the same time in all trajectories");
    }
    paths.push_back(path);
    data.names.push_back(name);
    data.lengths.push_back(rows);
    total += rows;
  }
  if (paths.empty()) list_what_there_is(file, "has no dataset in the group '" + group + "'");
  data.points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", total, columns);
  Index first = 0;
  for (std::size_t t = 0; t < paths.size(); ++t) {
    file.read_rows(paths[t], stride, data.points, first);
    first += data.lengths[t];
  }
  data.dt *= static_cast<double>(stride);
  return data;
}

DataSet read_dataset(const Reader& file, const std::string& dataset, Index stride) {
  DataSet data;
  data.dataset = dataset;
  Index columns = 0;
  const Index rows = rows_of(file, dataset, stride, columns);
  data.points = allocate<HostPoints>(Kokkos::DefaultHostExecutionSpace{}, "io::points", rows, columns);
  file.read_rows(dataset, stride, data.points, 0);
  data.lengths = {rows};
  data.dt = time_step_of(file, dataset) * static_cast<double>(stride);
  data.is_trajectory = data.dt > 0;
  if (named_trajectories(parent(dataset))) {
    data.is_trajectory = true;
    data.names = {dataset.substr(dataset.rfind('/') + 1)};
    if (data.dt == 0) data.dt = time_step_of(file, parent(dataset)) * static_cast<double>(stride);
  }
  return data;
}

/// What stands in a group: its samples, or its trajectories.
bool read_group(const Reader& file, const std::string& group, Index stride, DataSet& data) {
  if (file.kind(join(group, "samples")) == Kind::dataset) {
    data = read_dataset(file, join(group, "samples"), stride);
  } else if (file.kind(join(group, "trajectories")) == Kind::group) {
    data = read_trajectories(file, join(group, "trajectories"), stride);
  } else if (named_trajectories(group)) {
    data = read_trajectories(file, group, stride);
  } else {
    return false;
  }
  return true;
}

}  // namespace

DataSet read_hdf5(const std::string& path, const ReadOptions& options) {
  const Reader file(path);
  DataSet data;
  std::string beside = "/";  // where weights would stand
  if (options.dataset.empty()) {
    if (!read_group(file, "/", options.stride, data)) {
      list_what_there_is(file, "holds neither /samples nor /trajectories: name what to read with --dataset");
    }
  } else {
    const std::string object = absolute(options.dataset);
    switch (file.kind(object)) {
      case Kind::dataset:
        data = read_dataset(file, object, options.stride);
        beside = parent(object);
        break;
      case Kind::group:
        if (!read_group(file, object, options.stride, data)) {
          list_what_there_is(file, "has no samples or trajectories in the group '" + object + "'");
        }
        beside = named_trajectories(object) ? parent(object) : object;
        break;
      default:
        list_what_there_is(file, "has no dataset or group '" + object + "'");
    }
  }
  const std::string weights = join(beside, "weights");
  if (weights != data.dataset && file.kind(weights) == Kind::dataset) {
    const auto all = file.numbers(weights);
    Index rows = 0;  // of the file, before the stride
    std::vector<double> kept;
    const auto add_part = [&](const std::string& dataset) {
      const Index length = file.shape(dataset)[0];
      for (Index i = 0; i < length; i += options.stride) {
        if (static_cast<std::size_t>(rows + i) < all.size()) kept.push_back(all[static_cast<std::size_t>(rows + i)]);
      }
      rows += length;
    };
    if (file.kind(data.dataset) == Kind::group) {
      for (const auto& name : data.names) add_part(join(data.dataset, name));
    } else {
      add_part(data.dataset);
    }
    if (static_cast<Index>(all.size()) != rows) {
      file.fail(weights, "has " + std::to_string(all.size()) + " weights for " + std::to_string(rows) + " points");
    }
    data.weights = std::move(kept);
  }
  return data;
}

}  // namespace kswgd::io::detail
