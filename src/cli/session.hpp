// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "commands.hpp"

#include <kswgd/io/evaluation_file.hpp>
#include <kswgd/io/samples_file.hpp>

// The ranks that the program runs on, and what they write together.
namespace kswgd::cli {

/// Where the program was built with MPI and a launcher has started it, MPI from here to the end of main; else one rank.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Reduction& ranks() const { return m_ranks; }

 private:
  Reduction m_ranks;
  [[maybe_unused]] bool m_has_mpi = false;  // in a build without MPI nothing asks
};

/// The samples of all ranks, [place.first, place.second) of `total` of them here, into one file.
void write_samples(const Common& common, const std::string& path, const HostPoints& here, Span place, Index total, const FlowReport& report,
                   const io::FileStamp& stamp, const std::vector<std::string>& columns);

/// What a model says at points, of which this rank has [place.first, place.second): walk gives it in parts, as many on each rank.
void write_evaluation(const Common& common, const std::string& path, const io::EvaluationShape& shape, Span place,
                      const std::function<void(const io::PlaceResults&)>& walk);

}  // namespace kswgd::cli
