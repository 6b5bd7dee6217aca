// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/evaluation_file.hpp>

#include "evaluation_layout.hpp"
#include "rows_file.hpp"
#include "stamp.hpp"

#include <map>
#include <memory>

namespace kswgd::io {
namespace {

/// Row by row, the last index fastest.
std::vector<double> by_rows(const HostPoints& a) {
  std::vector<double> all(a.size());
  for (std::size_t i = 0; i < a.extent(0); ++i)
    for (std::size_t k = 0; k < a.extent(1); ++k) all[i * a.extent(1) + k] = a(i, k);
  return all;
}

std::vector<double> by_rows(const std::vector<HostPoints>& gradients) {
  const std::size_t n = gradients.front().extent(0), r = gradients.size(), d = gradients.front().extent(1);
  std::vector<double> all(n * r * d);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < r; ++j)
      for (std::size_t k = 0; k < d; ++k) all[(i * r + j) * d + k] = gradients[j](i, k);
  return all;
}

EvaluationShape shape_of(const Evaluation& evaluation) {
  return {static_cast<Index>(evaluation.eigenfunctions.extent(0)), static_cast<Index>(evaluation.eigenfunctions.extent(1)),
          static_cast<Index>(evaluation.gradients.size()),
          evaluation.gradients.empty() ? static_cast<Index>(evaluation.score.extent(1)) : static_cast<Index>(evaluation.gradients.front().extent(1)),
          evaluation.normalisation};
}

/// The values of a part as a table.
HostRows rows_of(const EvaluationPart& part) {
  const Kokkos::View<const double**, Kokkos::LayoutRight, Kokkos::HostSpace> rows(part.values.data(),
                                                                                  part.values.size() / static_cast<std::size_t>(part.width()), part.width());
  return rows;
}

/// "/score" of "e.npy": "e_score.npy".
std::string file_of(const std::string& path, const std::string& dataset) {
  const std::size_t dot = path.find_last_of('.');
  return path.substr(0, dot) + "_" + dataset.substr(1) + path.substr(dot);
}

/// All datasets in one file.
void write_hdf5(const std::string& path, const EvaluationShape& shape, const FileStamp& stamp, const std::function<void(const PlaceResults&)>& walk) {
  AtomicFile out(path);
  std::map<std::string, Index> places;
  {
    Index numbers = 0;
    for (const EvaluationPart& part : parts_of(shape)) numbers += shape.points * part.width();
    hdf5::File file = hdf5::File::create_for_parts(out, numbers);
    for (const EvaluationPart& part : parts_of(shape)) places[part.name] = file.make_room(part.name, dataset_shape(part, shape.points));
    write_evaluation_texts(file, shape, stamp);
    file.close();
  }
  walk([&](Index first, const Evaluation& results) {
    for (const EvaluationPart& part : parts_of(results))
      if (const auto place = places.find(part.name); place != places.end())
        out.overwrite(static_cast<std::size_t>(place->second + first * part.width() * static_cast<Index>(sizeof(double))), part.values.data(),
                      part.values.size() * sizeof(double));
  });
  out.commit();
}

}  // namespace

Index EvaluationPart::width() const {
  Index numbers = 1;
  for (const hsize_t extent : row) numbers *= static_cast<Index>(extent);
  return numbers;
}

std::vector<EvaluationPart> parts_of(const EvaluationShape& shape) {
  const auto r = static_cast<hsize_t>(shape.functions), g = static_cast<hsize_t>(shape.gradients), d = static_cast<hsize_t>(shape.dimension);
  std::vector<EvaluationPart> parts;
  if (r > 0) parts.push_back({"/eigenfunctions", {r}, {}});
  if (g > 0) parts.push_back({"/gradients", {g, d}, {}});
  if (shape.normalisation.empty()) return parts;
  parts.push_back({"/log_density", {}, {}});
  parts.push_back({"/log_density_error", {}, {}});
  parts.push_back({"/score", {d}, {}});
  parts.push_back({"/score_error", {d}, {}});
  return parts;
}

std::vector<EvaluationPart> parts_of(const Evaluation& evaluation) {
  std::vector<EvaluationPart> parts;
  const auto add = [&](const char* name, const HostPoints& values, std::vector<hsize_t> row) {
    if (values.extent(1) > 0) parts.push_back({name, std::move(row), by_rows(values)});
  };
  add("/eigenfunctions", evaluation.eigenfunctions, {evaluation.eigenfunctions.extent(1)});
  if (!evaluation.gradients.empty())
    parts.push_back({"/gradients", {evaluation.gradients.size(), evaluation.gradients.front().extent(1)}, by_rows(evaluation.gradients)});
  add("/log_density", evaluation.log_density, {});
  add("/log_density_error", evaluation.log_density_error, {});
  add("/score", evaluation.score, {evaluation.score.extent(1)});
  add("/score_error", evaluation.score_error, {evaluation.score_error.extent(1)});
  return parts;
}

std::vector<hsize_t> dataset_shape(const EvaluationPart& part, Index points) {
  std::vector<hsize_t> shape{static_cast<hsize_t>(points)};
  shape.insert(shape.end(), part.row.begin(), part.row.end());
  return shape;
}

void write_evaluation_texts(hdf5::File& file, const EvaluationShape& shape, const FileStamp& stamp) {
  if (!shape.normalisation.empty()) file.write_text("/log_density", "normalisation", shape.normalisation);
  write_stamp(file, stamp);
}

std::vector<std::string> evaluation_files(const std::string& path) {
  if (format_of(path) == "h5") return {path};
  std::vector<std::string> names;
  for (const EvaluationPart& part : parts_of({0, 1, 1, 1, "all"})) names.push_back(file_of(path, part.name));
  return names;
}

void write_evaluation(const std::string& path, const EvaluationShape& shape, const FileStamp& stamp, const std::function<void(const PlaceResults&)>& walk) {
  if (format_of(path) == "h5") return write_hdf5(path, shape, stamp, walk);
  std::vector<std::pair<std::string, std::unique_ptr<RowsFile>>> files;
  for (const EvaluationPart& part : parts_of(shape))
    files.emplace_back(part.name, std::make_unique<RowsFile>(file_of(path, part.name), shape.points, part.width(), stamp));
  walk([&](Index first, const Evaluation& results) {
    for (const EvaluationPart& part : parts_of(results))
      for (const auto& [name, file] : files)
        if (name == part.name) file->place(first, rows_of(part));
  });
  for (const auto& [name, file] : files) file->commit();
}

void write_evaluation(const std::string& path, const Evaluation& evaluation, const FileStamp& stamp) {
  write_evaluation(path, shape_of(evaluation), stamp, [&](const PlaceResults& place) { place(0, evaluation); });
}

}  // namespace kswgd::io
