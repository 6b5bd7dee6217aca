// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "panels.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/io/atomic_file.hpp>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace kswgd::plot {
namespace {

/// A name for an open file of ours that leads nowhere once we are gone: a gnuplot that outlives us must not make the unfinished file anew.
std::string way_to(const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path place = fs::canonical(name, error);
  for (fs::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unreadable;
    if (!place.empty() && fs::read_symlink(entry->path(), unreadable) == place)
      return "/proc/" + std::to_string(getpid()) + "/fd/" + entry->path().filename().string();
  }
  return name;
}

/// The two leading principal axes of a set of points with more than two coordinates, d x 2.
HostMatrix principal_axes(const HostPoints& points, std::vector<double>& mean) {
  const std::size_t n = points.extent(0), d = points.extent(1);
  mean.assign(d, 0.0);
  for (std::size_t k = 0; k < d; ++k)
    for (std::size_t i = 0; i < n; ++i) mean[k] += points(i, k) / static_cast<double>(n);
  const HostMatrix covariance("kswgd::plot::covariance", d, d), axes("kswgd::plot::axes", d, 2);
  const HostVector values("kswgd::plot::values", d);
  for (std::size_t j = 0; j < d; ++j)
    for (std::size_t k = 0; k <= j; ++k)
      for (std::size_t i = 0; i < n; ++i) covariance(k, j) += (points(i, j) - mean[j]) * (points(i, k) - mean[k]);
  algebra::symmetric_eigen(covariance, values);
  for (std::size_t k = 0; k < d; ++k)
    for (std::size_t j = 0; j < 2; ++j) axes(k, j) = covariance(k, d - 1 - j);
  return axes;
}

/// Points in the plane of the first two coordinates, or of the first panel's principal axes where there are more.
void project_panels(std::vector<Panel>& panels) {
  std::vector<double> mean;
  HostMatrix axes;
  std::size_t dimension = 0;
  for (Panel& panel : panels) {
    if (panel.plane.extent(0) == 0 || panel.own_axes) continue;
    const std::size_t d = panel.plane.extent(1);
    require(dimension == 0 || d == dimension, "plot", [] { return "the files hold points of different dimensions"; });
    if (dimension == 0 && d > 2) axes = principal_axes(panel.plane, mean);
    dimension = d;
    if (panel.x_label.empty()) {
      panel.x_label = d > 2 ? "first principal axis" : "c0";
      panel.y_label = d > 2 ? "second principal axis" : "c1";
    }
    if (d <= 2) continue;
    const HostPoints flat("kswgd::plot::plane", panel.plane.extent(0), 2);
    for (std::size_t i = 0; i < flat.extent(0); ++i)
      for (std::size_t j = 0; j < 2; ++j)
        for (std::size_t k = 0; k < d; ++k) flat(i, j) += (panel.plane(i, k) - mean[k]) * axes(k, j);
    panel.plane = flat;
  }
}

/// A format of pictures: its terminal, how large a pixel is in the terminal's unit, and how a whole file of it begins and ends (with so many bytes after that).
struct Format {
  const char* terminal;
  double unit;
  const char* unit_name;
  std::string_view begin, end;
  std::size_t after_end;
};

Format format_of(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension();
  if (extension == ".pdf") return {"pdfcairo", 1.0 / 96, "in", "%PDF-", "%%EOF", 2};
  if (extension == ".svg") return {"svg", 1, "", "<?xml", "</svg>", 4};
  return {"pngcairo", 1, "", "\x89PNG", "IEND", 4};
}

/// Throws Failure unless the file is a picture with its beginning and its end: gnuplot can end well without one.
void require_picture(const std::string& file, const std::string& path, const Format& format) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const std::size_t end = bytes.rfind(format.end);
  const bool whole = bytes.rfind(format.begin, 0) == 0 && end != std::string::npos && end + format.end.size() + format.after_end >= bytes.size();
  if (!whole)
    throw Failure("kswgd::plot: gnuplot wrote no whole picture for '" + path + "': is the disk full, and is its terminal " + format.terminal + " there?");
}

}  // namespace

void draw_figure(const std::string& path, std::vector<Panel> panels, std::size_t most_columns, Size size) {
  io::AtomicFile out(path);
  project_panels(panels);
  const auto [x, y] = ranges_of(panels);
  const std::size_t columns = std::min(panels.size(), most_columns), rows = (panels.size() + columns - 1) / columns;
  Gnuplot gnuplot;
  const Format format = format_of(path);
  const double width = size.width > 0 ? size.width : 440.0 * static_cast<double>(columns),
               height = size.height > 0 ? size.height : 420.0 * static_cast<double>(rows);
  gnuplot.line("set terminal {} size {}{},{}{} font 'sans,11' enhanced background rgb 'white'", format.terminal, width * format.unit, format.unit_name,
               height * format.unit, format.unit_name);
  std::string output;  // in single quotes a quote is written twice, and nothing else is special
  for (const char c : way_to(out.temporary())) output += c == '\'' ? "\'\'" : std::string(1, c);
  gnuplot.line("set output '{}'", output);
  use_density_colours(gnuplot);
  gnuplot.line("set tics nomirror out scale 0.5; set border 3; set grid lc rgb '#e6e6e6'; set termoption noenhanced");
  gnuplot.line("set multiplot layout {},{}", rows, columns);
  for (Panel& panel : panels) {
    const bool shared = !std::exchange(panel.own_axes, false);
    const auto [own_x, own_y] = ranges_of({panel});
    draw_panel(gnuplot, panel, shared ? x : own_x, shared ? y : own_y);
  }
  gnuplot.line("unset multiplot; unset output");
  gnuplot.finish();
  require_picture(out.temporary(), path, format);
  out.commit();
}

}  // namespace kswgd::plot
