// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/estimator/diffusion_map.hpp>
#include <kswgd/model/model.hpp>

/// @file
/// A diffusion map as a model that moves particles.

namespace kswgd {

/// One level with the features {1, phi_1, .., phi_r}, in which G is the identity and D the eigenvalues. The averages of the
/// features over the data are 0, so that the flow's moments m_k are those relative to the data. The flow is truncated to r modes;
/// an evaluation costs M n kernel entries (n nodes of the graph).
template <ExecutionSpace Exec>
ModelData to_model(const Exec& exec, const DiffusionMap& map, std::uint64_t seed = 0);

}  // namespace kswgd
