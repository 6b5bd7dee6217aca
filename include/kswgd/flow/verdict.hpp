// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/metrics/two_sample.hpp>

/// @file
/// Whether samples have the law of the data that a model was fitted to.

namespace kswgd {

/// Above this chi2 n/r a flow has not come to its end: at equilibrium it is 1.
inline constexpr double most_chi2_ratio = 10;

/// Whether a flow from automatic_start has to begin once more, from kernel_start: it began at a normal law (the columns are not mapped) and did not come to its
/// end, as where clusters lie so far apart that no particle between them feels any.
bool begins_again(const ModelData& model, const FlowReport& report);

/// The two-sample test of samples (n x d, the caller's units) against the training points that the model keeps, which stand for the data by their weights.
/// `flow` and `held_out` give reasons of their own: chi2 n/r above 10, sliced W2 in the caller's units above 1.5 of that of training points, to these or to
/// points held out, and a fit of fewer than 20 rows. is_matched: the samples were given the data's marginals after the flow, so that of one column
/// its chi2 says nothing. Angles are compared on their circles; the worst column is one of the caller's. Synchronises the instance.
template <ExecutionSpace Exec>
TwoSampleTest check_samples(const Exec& exec, const ModelData& model, const Points<Exec>& samples, const FlowMonitors& flow, const HeldOutMonitors& held_out,
                            bool is_matched = false);

}  // namespace kswgd
