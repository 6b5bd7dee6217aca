// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <string>
#include <vector>

// Pictures of several panels side by side, drawn by gnuplot.
namespace kswgd::plot {

/// A line (or points) of a panel of curves.
struct Curve {
  std::string label;
  std::vector<double> x = {}, y = {};
  bool dashed = false;
  std::vector<double> low = {}, high = {};  // an interval at each x: a band behind a line, error bars of points; none where it is not finite
  bool marked = false;                      // points, no line
  bool filled = false;                      // grey down to the axis, no line
};

/// A bar from 0 to `value` in a panel of shares, in the colour of its group.
struct Share {
  std::string label, group, note;  // the note stands at its end
  double value = 0;
};

/// Of a picture, in pixels (in PDF 96 of them are an inch); 0: 440 x 420 for each panel.
struct Size {
  int width = 0, height = 0;
};

/// One panel: points, or a spectrum, or curves, or bars, shares, a map, or a sheet of images. The first that is not empty is drawn.
struct Panel {
  std::string title;
  HostPoints plane = {};                 // n x 1 or n x d: histogram, or points in the plane, in the colours of their density
  std::vector<double> values = {};       // of the points: their colours instead, with a colour bar
  HostPoints behind = {};                // other points in the plane, grey: those of `plane` are all in one colour then
  std::vector<double> eigenvalues = {};  // with the constant's 0
  std::vector<double> spread = {};       // of the eigenvalues: one standard error
  std::vector<double> exact = {};        // drawn as lines behind the eigenvalues
  std::vector<Curve> curves = {};
  bool logarithmic = false;       // the curves' y axis
  bool logarithmic_x = false;     // and their x axis
  std::string y_format = "%.0e";  // of the tics of a logarithmic y axis
  std::string x_label = {}, y_label = {}, colour_label = {};
  std::vector<std::string> bar_labels = {};  // groups of bars
  std::vector<Curve> bars = {};              // one series each: y has a value for each group
  std::vector<Share> shares = {};            // one below the other
  HostPoints map = {};                       // cells of a grid: x, y (which runs first) and a value, white where that is NaN
  HostPoints images = {};                    // each row an image of image_width columns
  int image_width = 0;
  bool own_axes = false;     // points on ranges of their own, not those shared by the figure
  bool small = false;        // few tics
  bool legend_only = false;  // no axes: only the labels of the curves, in the middle
};

/// Draws the panels into a PNG, PDF or SVG, as the path's extension says (none: PNG), at most `columns` in a row, written whole or not at all. A panel without
/// title and content leaves its place empty. Points with more than two coordinates are seen along the principal axes of the first panel of points. Colours can
/// be told apart by the colour-blind, and no legend lies on what is drawn. Throws Failure when gnuplot is missing or fails.
void draw_figure(const std::string& path, std::vector<Panel> panels, std::size_t columns = 4, Size size = {});

}  // namespace kswgd::plot
