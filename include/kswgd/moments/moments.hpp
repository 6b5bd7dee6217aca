// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>

/// @file
/// What one pass over the data leaves: expectations over the dictionary. Moments of disjoint parts of the data add up.

namespace kswgd {

/// Averages over the data, in the normalised coordinates (data/normalisation.hpp). Symmetric, both triangles stored.
struct Moments {
  HostMatrix gram;       ///< G = E[psi psi^T], p x p; its column 0 is E[psi], because psi_0 = 1
  HostMatrix dirichlet;  ///< D = E[grad psi . grad psi^T], p x p
  double weight = 0;     ///< as many independent points say as much: (sum w)^2 / sum w^2 of those that were averaged

  Index size() const { return static_cast<Index>(gram.extent(0)); }
};

}  // namespace kswgd
