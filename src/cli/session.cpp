// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "session.hpp"

#ifdef KSWGD_HAVE_MPI
#include <kswgd/mpi/evaluation_file.hpp>
#include <kswgd/mpi/samples_file.hpp>
#include <kswgd/mpi/session.hpp>

#include <cstdlib>
#endif

namespace kswgd::cli {

#ifdef KSWGD_HAVE_MPI

Session::Session() {
  // What the launchers of Open MPI, MPICH and its relatives, PMIx and Slurm's own leave behind. Without one MPI would start alone: half a second for nothing.
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMIX_RANK", "MPI_LOCALNRANKS"}) m_has_mpi = m_has_mpi || std::getenv(name);
  if (m_has_mpi) m_ranks = mpi::begin();
}

Session::~Session() {
  m_ranks = {};
  if (m_has_mpi) mpi::end();
}

void write_samples(const Common& common, const std::string& path, const HostPoints& here, Span place, Index total, const FlowReport& report,
                   const io::FileStamp& stamp, const std::vector<std::string>& columns) {
  const auto write = [&](const std::string& name) { mpi::write_samples(common.ranks, name, here, place, total, report, stamp, columns); };
  common.ranks.is_first() ? common.write(path, write) : write(path);
}

void write_evaluation(const Common& common, const std::string& path, const io::EvaluationShape& shape, Span place,
                      const std::function<void(const io::PlaceResults&)>& walk) {
  const auto write = [&](const std::string& name) { mpi::write_evaluation(common.ranks, name, shape, place, common.stamp(), walk); };
  common.ranks.is_first() ? common.write(path, write) : write(path);
}

#else

Session::Session() = default;
Session::~Session() = default;

void write_samples(const Common& common, const std::string& path, const HostPoints& here, Span, Index, const FlowReport& report, const io::FileStamp& stamp,
                   const std::vector<std::string>& columns) {
  common.write(path, [&](const std::string& name) { io::write_samples(name, here, report, stamp, columns); });
}

void write_evaluation(const Common& common, const std::string& path, const io::EvaluationShape& shape, Span,
                      const std::function<void(const io::PlaceResults&)>& walk) {
  common.write(path, [&](const std::string& name) { io::write_evaluation(name, shape, common.stamp(), walk); });
}

#endif

}  // namespace kswgd::cli
