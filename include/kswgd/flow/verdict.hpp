// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <string>
#include <vector>

/// @file
/// Whether samples have the law of the data, in one word and with reasons.

namespace kswgd {

/// What samples look like beside the training points that the model keeps (which stand for the data by their weights). All of it is seen in units of the
/// data's columns, so that no column rules by its unit and no tail by its length.
struct SampleCheck {
  double sliced_ratio = 0;      ///< sliced W2 in standardised columns, over that of as many draws from the training points (mean of three)
  double classifier = 0;        ///< accuracy of a nearest-neighbour classifier between samples and training points, in ranks: .5 is best
  double classifier_error = 0;  ///< its standard error where both have one law
  Index worst_column = -1;      ///< with the largest Kolmogorov-Smirnov distance
  double worst_ks = 0;
  double expected_ks = 0;  ///< exceeded by the worst column of as many independent draws once in a thousand times
  std::vector<std::string> reasons;  ///< for doubt, a sentence each

  bool is_good() const { return reasons.empty(); }
  const char* verdict() const { return is_good() ? "good" : "doubtful"; }
};

/// samples: n x d in the caller's units, n >= 10. `flow` and `held_out` give their reasons as well (chi2 n/r above 10; sliced W2 above 1.5 of what it
/// should be). Cost: 8192^2 d at most for the classifier. Synchronises the instance.
template <ExecutionSpace Exec>
SampleCheck check_samples(const Exec& exec, const ModelData& model, const Points<Exec>& samples, const FlowMonitors& flow, const HeldOutMonitors& held_out);

}  // namespace kswgd
