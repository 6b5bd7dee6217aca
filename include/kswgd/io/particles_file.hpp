// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/support/execution.hpp>
#include <string>
#include <vector>

/// @file
/// Trajectories of particles as other programs write them: H5MD, openPMD (HDF5), the AMBER convention in netCDF-4, arrays of frames x particles x coordinates
/// in HDF5 and .npy.

namespace kswgd::io {

/// What a file says of the times of its frames.
struct Clock {
  std::vector<double> times = {};  ///< of the frames, in the file's unit, or none
  std::string times_name = {};     ///< where they stand
  double rounding = 0;             ///< relative, of their type
  bool by_steps = false;           ///< `times` are numbers of steps: good for gaps alone
  double dt = 0;                   ///< one number for all; 0: not said
  std::string dt_name = {};        ///< where it stands
  std::string time_unit = {};      ///< "" where the file does not say
};

/// Particles in time, as a file holds them; positions are read when they are asked for, and only then.
struct Particles {
  std::string path, object;                    ///< the file, and what was read in it
  Index frames = 0, count = 0, dimension = 0;  ///< T, N, d
  bool is_array = false;                       ///< nothing but its three dimensions says that these are particles in time
  std::vector<Index> ids = {};                 ///< of the particles, where they have some
  Clock clock = {};
  std::string length_unit = {};         ///< "" where the file does not say
  std::vector<bool> periodic = {};      ///< for each coordinate, where there is a box
  std::vector<double> weights = {};     ///< of the particles of a single frame, or none
  std::vector<std::string> notes = {};  ///< sentences that a user should read: what the file says and nobody checked, what it lacks
  /// Frames first, first + stride, ...: count x N x d numbers, d of a particle side by side. NaN where a particle is not there. Throws InvalidInput.
  std::function<void(Index first, Index count, Index stride, double* values)> read = {};
  /// The edges of the box in a frame, d x d, a row for each edge; none where there is no box. Throws InvalidInput for a box that cannot be.
  std::function<void(Index frame, double* edges)> box = {};
};

/// The particles of a file. dataset: which, where a file holds several (a group of H5MD's /particles, an openPMD species, an array); empty: those that there
/// are. Throws InvalidInput naming file and object for what is missing, damaged or not understood, and for several where one is wanted.
Particles read_particles(const std::string& path, const std::string& dataset = {});

/// Stretches of frames between the gaps in their times.
struct FrameStretches {
  std::vector<Index> lengths;      ///< in frames that the stride keeps
  double dt = 0, dt_error = 0;     ///< between these; 0: the file does not say
  std::vector<std::string> notes;  ///< where dt comes from
};

/// The stretches that a clock says, of every stride-th of `frames` frames. Throws InvalidInput for times that are not those of equal steps.
FrameStretches stretches_of(const Clock& clock, const std::string& path, Index frames, Index stride);

}  // namespace kswgd::io
