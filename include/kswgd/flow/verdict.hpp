// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/metrics/two_sample.hpp>

/// @file
/// Whether samples have the law of the data that a model was fitted to.

namespace kswgd {

/// The two-sample test of samples (n x d, the caller's units) against the training points that the model keeps, which stand for the data by their weights.
/// `flow` and `held_out` give reasons of their own: chi2 n/r above 10, sliced W2 in the caller's units above 1.5 of that of training points, to these or to
/// points held out, and a fit of fewer than 20 rows. Angles are compared on their circles; the worst column is one of the caller's. Synchronises the instance.
template <ExecutionSpace Exec>
TwoSampleTest check_samples(const Exec& exec, const ModelData& model, const Points<Exec>& samples, const FlowMonitors& flow, const HeldOutMonitors& held_out);

}  // namespace kswgd
