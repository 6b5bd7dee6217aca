// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "figure.hpp"
#include "gnuplot.hpp"

#include <limits>
#include <utility>

// One panel in gnuplot's words.
namespace kswgd::plot {

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
};

/// Where values lie, with a margin on both sides.
Range with_margin(Range range);
/// Common axes of points: the first panel (the data) sets them, and each of the others widens them by their width to each side at most, so that a few strays do
/// not hide all else. What stands behind points counts in their place. With a margin.
std::pair<Range, Range> ranges_of(const std::vector<Panel>& panels);

/// For points by their density: the colours that stand until a panel brings its own.
void use_density_colours(Gnuplot& gnuplot);
void draw_panel(Gnuplot& gnuplot, const Panel& panel, const Range& x, const Range& y);

}  // namespace kswgd::plot
