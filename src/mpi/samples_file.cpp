// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "../io/samples_layout.hpp"
#include "shared_file.hpp"

#include <kswgd/mpi/samples_file.hpp>

#include <algorithm>

namespace kswgd::mpi {

void write_samples(const Reduction& ranks, const std::string& path, const HostPoints& here, Span place, Index total, const FlowReport& report,
                   const io::FileStamp& stamp, const std::vector<std::string>& columns) {
  if (shares_files && !ranks.is_alone() && io::format_of(path) == "h5") {
    const Index width = kswgd::columns(here);
    const std::vector<hsize_t> row{static_cast<hsize_t>(width)}, shape{static_cast<hsize_t>(total), row[0]};
    std::vector<double> buffer;
    const auto from = [&](Index first) {
      const Index count = std::min(rows_at_once(width), rows(here) - first);
      buffer.resize(static_cast<std::size_t>(count * width));
      for (Index i = 0; i < count; ++i)
        for (Index k = 0; k < width; ++k) buffer[static_cast<std::size_t>(i * width + k)] = here(first + i, k);
      return buffer.data();
    };
    const auto lay_out = [&](io::AtomicFile& out) {
      io::write_samples(
          out, [&](io::hdf5::File& file) { file.lay_out("/samples", shape); }, report, stamp, columns);
    };
    SharedFile file(ranks, path, lay_out);
    file.write({{"/samples", row, from}}, place);
    return file.commit();
  }
  const HostPoints all = ranks.gather(here, place, total);
  if (ranks.is_first()) io::write_samples(path, all, report, stamp, columns);
}

}  // namespace kswgd::mpi
