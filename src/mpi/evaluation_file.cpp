// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../io/evaluation_layout.hpp"
#include "shared_file.hpp"

#include <kswgd/mpi/evaluation_file.hpp>

namespace kswgd::mpi {
namespace {

/// Puts the rows of a part behind those of `all` from `first` on; `all` is made where it is empty.
void keep(const HostPoints& part, Index first, Index count, HostPoints& all) {
  if (part.extent(1) == 0) return;
  if (all.extent(1) == 0) all = HostPoints("kswgd::mpi::results", count, part.extent(1));
  Kokkos::deep_copy(Kokkos::subview(all, Span(first, first + rows(part)), Kokkos::ALL), part);
}

/// All of this rank's results, of parts that walk gives.
io::Evaluation collected(const io::EvaluationShape& shape, Span place, const std::function<void(const io::PlaceResults&)>& walk) {
  const Index count = place.second - place.first;
  io::Evaluation all;
  all.normalisation = shape.normalisation;
  all.gradients.resize(static_cast<std::size_t>(shape.gradients));
  walk([&](Index row, const io::Evaluation& part) {
    const Index first = row - place.first;
    keep(part.eigenfunctions, first, count, all.eigenfunctions);
    for (std::size_t j = 0; j < part.gradients.size(); ++j) keep(part.gradients[j], first, count, all.gradients[j]);
    keep(part.log_density, first, count, all.log_density);
    keep(part.log_density_error, first, count, all.log_density_error);
    keep(part.score, first, count, all.score);
    keep(part.score_error, first, count, all.score_error);
  });
  return all;
}

}  // namespace

void write_evaluation(const Reduction& ranks, const std::string& path, const io::EvaluationShape& shape, Span place, const io::FileStamp& stamp,
                      const std::function<void(const io::PlaceResults&)>& walk) {
  if (ranks.is_alone()) return io::write_evaluation(path, shape, stamp, walk);
  if (shares_files && io::format_of(path) == "h5") {
    SharedFile shared(ranks, path, [&](io::AtomicFile& out) {
      io::hdf5::File file = io::hdf5::File::create(out);
      for (const io::EvaluationPart& part : io::parts_of(shape)) file.lay_out(part.name, io::dataset_shape(part, shape.points));
      io::write_evaluation_texts(file, shape, stamp);
      file.close();
    });
    walk([&](Index first, const io::Evaluation& results) {
      std::vector<io::EvaluationPart> parts = io::parts_of(results);
      std::vector<SharedRows> rows;
      Index count = 0;
      for (io::EvaluationPart& part : parts) {
        const Index width = part.width();
        count = static_cast<Index>(part.values.size()) / width;
        rows.push_back({part.name, part.row, [&part, width](Index row) { return part.values.data() + row * width; }});
      }
      shared.write(rows, {first, first + count});
    });
    return shared.commit();
  }
  io::Evaluation all = collected(shape, place, walk);
  const auto gathered = [&](const HostPoints& points) { return points.extent(1) > 0 ? ranks.gather(points, place, shape.points) : points; };
  for (HostPoints* points : {&all.eigenfunctions, &all.log_density, &all.log_density_error, &all.score, &all.score_error}) *points = gathered(*points);
  for (HostPoints& gradient : all.gradients) gradient = gathered(gradient);
  if (ranks.is_first()) io::write_evaluation(path, all, stamp);
}

}  // namespace kswgd::mpi
