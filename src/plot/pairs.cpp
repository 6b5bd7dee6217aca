// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pairs.hpp"

#include "panels.hpp"

#include <algorithm>

namespace kswgd::plot {
namespace {

/// The density of a column in bins of one width, as a staircase.
Curve density_of(const HostPoints& points, std::size_t column, const Range& range) {
  constexpr std::size_t bins = 40;
  std::vector<double> counts(bins, 0.0);
  const double width = (range.high - range.low) / bins;
  for (std::size_t i = 0; i < points.extent(0); ++i) {
    const double place = (points(i, column) - range.low) / width;
    if (place >= 0 && place < bins) counts[static_cast<std::size_t>(place)] += 1;
  }
  Curve curve;
  for (std::size_t b = 0; b < bins; ++b)
    for (const std::size_t edge : {b, b + 1}) {
      curve.x.push_back(range.low + static_cast<double>(edge) * width);
      curve.y.push_back(counts[b] / (static_cast<double>(points.extent(0)) * width));
    }
  return curve;
}

HostPoints columns_of(const HostPoints& points, std::size_t x, std::size_t y) {
  const HostPoints plane("kswgd::plot::pair", points.extent(0), 2);
  for (std::size_t i = 0; i < points.extent(0); ++i) {
    plane(i, 0) = points(i, x);
    plane(i, 1) = points(i, y);
  }
  return plane;
}

std::string counted(const Named& set) { return set.name + " (n = " + std::to_string(set.points.extent(0)) + ")"; }

}  // namespace

std::vector<Panel> pair_panels(const Named& behind, const Named& front, const std::vector<std::string>& names) {
  const std::size_t d = names.size();
  const bool both = behind.points.extent(0) > 0;
  const HostPoints& widest = both ? behind.points : front.points;
  std::vector<Panel> panels;
  for (std::size_t row = 0; row < d; ++row)
    for (std::size_t column = 0; column < d; ++column) {
      Panel panel;
      if (column < row) {
        panel.plane = columns_of(front.points, column, row);
        if (both) panel.behind = columns_of(behind.points, column, row);
        panel.own_axes = true;
      } else if (column == row) {
        Range range;
        for (std::size_t i = 0; i < widest.extent(0); ++i) {
          range.low = std::min(range.low, widest(i, row));
          range.high = std::max(range.high, widest(i, row));
        }
        range = with_margin(range);
        if (both) {
          panel.curves.push_back(density_of(behind.points, row, range));
          panel.curves.back().filled = true;
        }
        panel.curves.push_back(density_of(front.points, row, range));
        panel.y_label = "density";
        if (d == 1) {
          panel.curves.front().label = counted(both ? behind : front);
          panel.curves.back().label = counted(front);
        }
      } else if (row == 0 && column == d - 1) {
        panel.legend_only = true;
        if (both) panel.curves.push_back({.label = counted(behind), .filled = true});
        panel.curves.push_back({.label = counted(front)});
      }
      panel.small = true;
      if (column <= row) panel.x_label = names[column];
      if (column < row) panel.y_label = names[row];
      panels.push_back(panel);
    }
  return panels;
}

}  // namespace kswgd::plot
