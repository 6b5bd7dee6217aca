// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/flow/flow.hpp>
#include <kswgd/io/points_file.hpp>

/// @file
/// New samples with the history of the flow that made them, and checkpoints of a flow that is under way.

namespace kswgd::io {

/// Writes /samples and /history/{time, energy, chi2, step, level, round, evaluations} with the reason why the flow stopped
/// (HDF5; .npy and .csv take the points alone). columns: names of the coordinates, as write_points takes them.
void write_samples(const std::string& path, const HostPoints& samples, const FlowReport& report, const FileStamp& stamp,
                   const std::vector<std::string>& columns = {});

/// A flow between two steps, as a file holds it.
struct Checkpoint {
  HostPoints particles;  ///< in the caller's coordinates: for people and for --start; a flow goes on from flow.particles
  FlowCheckpoint flow;
  std::uint64_t seed = 0;
  std::uint64_t samples = 0;  ///< how many of the particles were asked for; 0: all
  std::string start = {};     ///< where the particles began, as sample --start says it
};

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint, const FileStamp& stamp);
/// Throws InvalidInput when the file is not a checkpoint, is damaged, or was written by a version whose checkpoints rounded.
Checkpoint read_checkpoint(const std::string& path);

}  // namespace kswgd::io
