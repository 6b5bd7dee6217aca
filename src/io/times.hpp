// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <string>
#include <vector>

namespace kswgd::io {

/// The stretches of a trajectory between the gaps in its times.
struct Stretches {
  std::vector<Index> lengths;  ///< in kept frames
  double dt = 0;               ///< between the frames of the file; 0 for a single frame without a given dt
  double error = 0;            ///< of dt, by the rounding of the times
};

/// A tolerance for two values of dt, each with its error: a thousandth, and what their rounding leaves open.
bool same_step(double a, double a_error, double b, double b_error);

/// Finds the gaps in ascending times of which every stride-th is kept. rounding: the relative rounding of their type; doubles that are all
/// single-precision numbers are taken for those. dt: the step that is known, or 0. A step is equal to it within a thousandth and the
/// rounding of both its ends (at most half a step, so that a single missing frame is found as long as the type can tell); a longer one is a gap.
/// Throws InvalidInput naming file, dataset and row for times that do not ascend, for shorter steps, and for steps that contradict dt.
Stretches stretches(const std::string& path, const std::string& dataset, const std::vector<double>& times, double rounding, Index stride, double dt);

}  // namespace kswgd::io
