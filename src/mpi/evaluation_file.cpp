// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../io/evaluation_layout.hpp"
#include "shared_file.hpp"

#include <kswgd/mpi/evaluation_file.hpp>

#include <functional>
#include <numeric>

namespace kswgd::mpi {

void write_evaluation(const Reduction& ranks, const std::string& path, const io::Evaluation& here, Span place, Index total, const io::FileStamp& stamp) {
  if (shares_files && !ranks.is_alone() && io::format_of(path) == "h5") {
    std::vector<io::EvaluationPart> parts = io::parts_of(here);
    std::vector<SharedRows> rows;
    for (io::EvaluationPart& part : parts) {
      const Index width = std::accumulate(part.row.begin(), part.row.end(), Index{1}, std::multiplies<>());
      rows.push_back({part.name, part.row, [&part, width](Index first) { return part.values.data() + first * width; }});
    }
    const auto lay_out = [&](io::AtomicFile& out) {
      io::write_evaluation(out, here, stamp, [&](io::hdf5::File& file) {
        for (const io::EvaluationPart& part : parts) {
          std::vector<hsize_t> shape{static_cast<hsize_t>(total)};
          shape.insert(shape.end(), part.row.begin(), part.row.end());
          file.lay_out(part.name, shape);
        }
      });
    };
    return write_shared(ranks, path, lay_out, rows, place);
  }
  io::Evaluation all = here;
  const auto gathered = [&](const HostPoints& points) { return points.extent(1) > 0 ? ranks.gather(points, place, total) : points; };
  for (HostPoints* points : {&all.eigenfunctions, &all.log_density, &all.log_density_error, &all.score, &all.score_error}) *points = gathered(*points);
  for (HostPoints& gradient : all.gradients) gradient = gathered(gradient);
  if (ranks.is_first()) io::write_evaluation(path, all, stamp);
}

}  // namespace kswgd::mpi
