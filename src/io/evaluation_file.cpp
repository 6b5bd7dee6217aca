// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/evaluation_file.hpp>

#include "evaluation_layout.hpp"
#include "stamp.hpp"

#include <array>

namespace kswgd::io {
namespace {

constexpr std::array<const char*, 6> suffixes{"_eigenfunctions", "_gradients", "_log_density", "_log_density_error", "_score", "_score_error"};

/// n x (r d), the coordinates of a gradient side by side.
HostPoints flattened(const std::vector<HostPoints>& gradients) {
  const std::size_t n = gradients.front().extent(0), r = gradients.size(), d = gradients.front().extent(1);
  const HostPoints flat("kswgd::io::gradients", n, r * d);
  for (std::size_t j = 0; j < r; ++j)
    for (std::size_t k = 0; k < d; ++k)
      for (std::size_t i = 0; i < n; ++i) flat(i, j * d + k) = gradients[j](i, k);
  return flat;
}

/// Row by row, the last index fastest.
std::vector<double> by_rows(const HostPoints& a) {
  std::vector<double> all(a.size());
  for (std::size_t i = 0; i < a.extent(0); ++i)
    for (std::size_t k = 0; k < a.extent(1); ++k) all[i * a.extent(1) + k] = a(i, k);
  return all;
}

}  // namespace

std::vector<EvaluationPart> parts_of(const Evaluation& evaluation) {
  std::vector<EvaluationPart> parts;
  const auto add = [&](const char* name, const HostPoints& values, std::vector<hsize_t> row) { parts.push_back({name, std::move(row), by_rows(values)}); };
  if (evaluation.eigenfunctions.extent(1) > 0) add("/eigenfunctions", evaluation.eigenfunctions, {evaluation.eigenfunctions.extent(1)});
  if (!evaluation.gradients.empty()) add("/gradients", flattened(evaluation.gradients), {evaluation.gradients.size(), evaluation.gradients.front().extent(1)});
  if (evaluation.normalisation.empty()) return parts;
  add("/log_density", evaluation.log_density, {});
  add("/log_density_error", evaluation.log_density_error, {});
  add("/score", evaluation.score, {evaluation.score.extent(1)});
  add("/score_error", evaluation.score_error, {evaluation.score_error.extent(1)});
  return parts;
}

void write_evaluation(AtomicFile& out, const Evaluation& evaluation, const FileStamp& stamp, const std::function<void(hdf5::File&)>& parts) {
  hdf5::File file = hdf5::File::create(out);
  parts(file);
  if (!evaluation.normalisation.empty()) file.write_text("/log_density", "normalisation", evaluation.normalisation);
  write_stamp(file, stamp);
  file.close();
}

std::vector<std::string> evaluation_files(const std::string& path) {
  if (format_of(path) == "h5") return {path};
  const std::size_t dot = path.find_last_of('.');
  std::vector<std::string> names;
  for (const char* suffix : suffixes) names.push_back(path.substr(0, dot) + suffix + path.substr(dot));
  return names;
}

void write_evaluation(const std::string& path, const Evaluation& evaluation, const FileStamp& stamp) {
  if (format_of(path) == "h5") {
    AtomicFile out(path);
    write_evaluation(out, evaluation, stamp, [&](hdf5::File& file) {
      for (const EvaluationPart& part : parts_of(evaluation)) {
        std::vector<hsize_t> shape{evaluation.eigenfunctions.extent(0)};
        shape.insert(shape.end(), part.row.begin(), part.row.end());
        file.write_array(part.name, part.values.data(), shape);
      }
    });
    return out.commit();
  }
  const auto files = evaluation_files(path);
  const std::array<HostPoints, 6> results{evaluation.eigenfunctions, evaluation.gradients.empty() ? HostPoints() : flattened(evaluation.gradients),
                                          evaluation.log_density,    evaluation.log_density_error,
                                          evaluation.score,          evaluation.score_error};
  for (std::size_t i = 0; i < results.size(); ++i)
    if (results[i].extent(0) > 0 && results[i].extent(1) > 0) write_points(files[i], results[i], stamp);
}

}  // namespace kswgd::io
