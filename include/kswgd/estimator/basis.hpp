// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/dictionary/any_dictionary.hpp>
#include <kswgd/geometry/frame.hpp>

/// @file
/// The dictionary in which kinetics are read, without the density and the flow that fit_generator learns beside it.

namespace kswgd {

struct BasisOptions {
  GeometryData geometry = {};  ///< where the points live; Euclidean space by default
  Index features = 400;        ///< landmarks of the finest level at most; finer levels overfit a correlation
  double bandwidth = 0;        ///< width of the finest level's Gaussians, in the data's unit; 0: by the rule
  std::uint64_t seed = 0;
};

/// Nested levels of Gaussians, and the coordinates in which they live. The first level_features[l] features are level l.
template <ExecutionSpace Exec>
struct Basis {
  Frame<Exec> frame;
  AnyDictionary<Exec> dictionary;
  Index polynomials = 0;  ///< features before the Gaussians
  std::vector<Index> level_features;
};

/// Landmarks as fit_generator places them, coarsest level first, up to the finest that is asked for; quadratics where there are
/// at most 300 of them. Throws InvalidInput for data that cannot be used (see frame_of, nested_landmarks). Cost: ten
/// Lloyd steps over at most 2^17 points. Synchronises the instance.
template <ExecutionSpace Exec>
Basis<Exec> make_basis(const Exec& exec, const DataSet<Exec>& source, const BasisOptions& options = {});

}  // namespace kswgd
