// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "figure.hpp"

// Marginals of columns and pairs of them, in a triangle of panels.
namespace kswgd::plot {

/// Points with a name for the legend.
struct Named {
  std::string name;
  HostPoints points;
};

/// d x d panels, row by row, of points in d columns with these names: densities on the diagonal, pairs of columns below it, a legend in the corner.
/// front: drawn before the grey points of `behind`, which may hold none and else sets the axes.
std::vector<Panel> pair_panels(const Named& behind, const Named& front, const std::vector<std::string>& names);

}  // namespace kswgd::plot
