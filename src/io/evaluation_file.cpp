// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/evaluation_file.hpp>

#include "hdf5.hpp"
#include "stamp.hpp"

#include <array>

namespace kswgd::io {
namespace {

constexpr std::array<const char*, 6> suffixes{"_eigenfunctions", "_gradients", "_log_density", "_log_density_error", "_score", "_score_error"};

/// n x r x d, the last index fastest.
std::vector<double> interleaved(const std::vector<HostPoints>& gradients) {
  const std::size_t n = gradients.front().extent(0), r = gradients.size(), d = gradients.front().extent(1);
  std::vector<double> all(n * r * d);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < r; ++j)
      for (std::size_t k = 0; k < d; ++k) all[(i * r + j) * d + k] = gradients[j](i, k);
  return all;
}

std::vector<double> column(const HostMatrix& a) { return {a.data(), a.data() + a.extent(0)}; }

/// n x (r d), the coordinates of a gradient side by side.
HostPoints flattened(const std::vector<HostPoints>& gradients) {
  const std::size_t n = gradients.front().extent(0), r = gradients.size(), d = gradients.front().extent(1);
  const HostPoints flat("kswgd::io::gradients", n, r * d);
  for (std::size_t j = 0; j < r; ++j)
    for (std::size_t k = 0; k < d; ++k)
      for (std::size_t i = 0; i < n; ++i) flat(i, j * d + k) = gradients[j](i, k);
  return flat;
}

void write_hdf5(const std::string& path, const Evaluation& evaluation, const FileStamp& stamp) {
  AtomicFile out(path);
  {
    hdf5::File file = hdf5::File::create(out);
    if (evaluation.eigenfunctions.extent(1) > 0) file.write_matrix("/eigenfunctions", evaluation.eigenfunctions);
    if (!evaluation.gradients.empty()) {
      const auto& first = evaluation.gradients.front();
      file.write_array("/gradients", interleaved(evaluation.gradients).data(), {first.extent(0), evaluation.gradients.size(), first.extent(1)});
    }
    if (evaluation.log_density.extent(0) > 0) {
      file.write_vector("/log_density", column(evaluation.log_density));
      file.write_text("/log_density", "normalisation", evaluation.normalisation);
      file.write_vector("/log_density_error", column(evaluation.log_density_error));
      file.write_matrix("/score", evaluation.score);
      file.write_matrix("/score_error", evaluation.score_error);
    }
    write_stamp(file, stamp);
    file.close();
  }
  out.commit();
}

}  // namespace

std::vector<std::string> evaluation_files(const std::string& path) {
  if (format_of(path) == "h5") return {path};
  const std::size_t dot = path.find_last_of('.');
  std::vector<std::string> names;
  for (const char* suffix : suffixes) names.push_back(path.substr(0, dot) + suffix + path.substr(dot));
  return names;
}

void write_evaluation(const std::string& path, const Evaluation& evaluation, const FileStamp& stamp) {
  if (format_of(path) == "h5") return write_hdf5(path, evaluation, stamp);
  const auto files = evaluation_files(path);
  const std::array<HostPoints, 6> results{evaluation.eigenfunctions, evaluation.gradients.empty() ? HostPoints() : flattened(evaluation.gradients),
                                          evaluation.log_density,    evaluation.log_density_error,
                                          evaluation.score,          evaluation.score_error};
  for (std::size_t i = 0; i < results.size(); ++i)
    if (results[i].extent(0) > 0 && results[i].extent(1) > 0) write_points(files[i], results[i], stamp);
}

}  // namespace kswgd::io
