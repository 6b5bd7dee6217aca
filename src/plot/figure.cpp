// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "figure.hpp"
#include "gnuplot.hpp"

#include <kswgd/algebra/dense.hpp>
#include <kswgd/io/atomic_file.hpp>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string_view>

namespace kswgd::plot {
namespace {

/// gnuplot's strings: what could end them is left out.
std::string quoted(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '"' || c == '\\' || c == '`' || c == '\n'; }, '\'');
  return text;
}

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
    if (d <= 2) continue;
    const HostPoints flat("kswgd::plot::plane", panel.plane.extent(0), 2);
    for (std::size_t i = 0; i < flat.extent(0); ++i)
      for (std::size_t j = 0; j < 2; ++j)
        for (std::size_t k = 0; k < d; ++k) flat(i, j) += (panel.plane(i, k) - mean[k]) * axes(k, j);
    panel.plane = flat;
  }
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// Common axes: the first panel of points (the data) sets them, with a margin; strays of others may lie outside.
std::pair<Range, Range> ranges_of(const std::vector<Panel>& panels) {
  Range x, y;
  for (const Panel& panel : panels) {
    if (panel.own_axes) continue;
    for (std::size_t i = 0; i < panel.plane.extent(0); ++i) {
      x.add(panel.plane(i, 0));
      if (panel.plane.extent(1) > 1) y.add(panel.plane(i, 1));
    }
  }
  for (Range* range : {&x, &y}) {
    if (range->low >= range->high) *range = {range->low - 1, range->low + 1};
    const double margin = 0.05 * (range->high - range->low);
    *range = {range->low - margin, range->high + margin};
  }
  return {x, y};
}

/// Each point coloured by how many others lie near it: counts on a grid, smoothed once.
std::vector<double> densities(const HostPoints& plane, const Range& x, const Range& y) {
  constexpr int cells = 64;
  std::vector<double> grid(cells * cells, 0.0), smooth(grid.size(), 0.0);
  const auto cell = [&](double value, const Range& range) {
    return static_cast<int>(std::clamp((value - range.low) / (range.high - range.low) * cells, 0.0, cells - 1.0));
  };
  for (std::size_t i = 0; i < plane.extent(0); ++i) grid[static_cast<std::size_t>(cell(plane(i, 0), x) * cells + cell(plane(i, 1), y))] += 1;
  for (int i = 0; i < cells; ++i)
    for (int j = 0; j < cells; ++j)
      for (int a = std::max(0, i - 1); a <= std::min(cells - 1, i + 1); ++a)
        for (int b = std::max(0, j - 1); b <= std::min(cells - 1, j + 1); ++b)
          smooth[static_cast<std::size_t>(i * cells + j)] += grid[static_cast<std::size_t>(a * cells + b)];
  const double most = std::max(1.0, *std::max_element(smooth.begin(), smooth.end()));
  std::vector<double> result;
  for (std::size_t i = 0; i < plane.extent(0); ++i)
    result.push_back(smooth[static_cast<std::size_t>(cell(plane(i, 0), x) * cells + cell(plane(i, 1), y))] / most);
  return result;
}

void draw_points(Gnuplot& gnuplot, const Panel& panel, const Range& x, const Range& y) {
  const std::size_t n = panel.plane.extent(0), drawn = std::min<std::size_t>(n, 5000);
  gnuplot.line("set title \"{} (n = {})\"", quoted(panel.title), n);
  gnuplot.line("set xrange [{}:{}]", x.low, x.high);
  if (!panel.x_label.empty()) gnuplot.line("set xlabel \"{}\"; set ylabel \"{}\"", quoted(panel.x_label), quoted(panel.y_label));
  if (panel.plane.extent(1) == 1) {
    gnuplot.line("set yrange [0:*]; set boxwidth {} absolute; set style fill solid 0.7", (x.high - x.low) / 60);
    gnuplot.line("plot '-' using 1:2 with boxes lc rgb '#2a788e' notitle");
    std::vector<int> counts(60, 0);
    for (std::size_t i = 0; i < n; ++i) ++counts[static_cast<std::size_t>(std::clamp((panel.plane(i, 0) - x.low) / (x.high - x.low) * 60, 0.0, 59.0))];
    for (std::size_t b = 0; b < 60; ++b) gnuplot.line("{} {}", x.low + (static_cast<double>(b) + 0.5) * (x.high - x.low) / 60, counts[b]);
    gnuplot.line("e");
    return;
  }
  gnuplot.line("set yrange [{}:{}]", y.low, y.high);
  gnuplot.line("plot '-' using 1:2:3 with points pt 7 ps {} lc palette notitle", drawn > 2500 ? 0.26 : 0.38);
  const auto density = densities(panel.plane, x, y);
  std::vector<std::size_t> order(drawn);
  for (std::size_t i = 0; i < drawn; ++i) order[i] = i * n / drawn;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return density[a] < density[b]; });  // dense ones on top
  for (const std::size_t i : order) gnuplot.line("{} {} {}", panel.plane(i, 0), panel.plane(i, 1), density[i]);
  gnuplot.line("e");
}

void draw_spectrum(Gnuplot& gnuplot, const Panel& panel) {
  gnuplot.line("set xrange [-0.5:{}]; set yrange [0:*]; set xlabel 'mode'; set ylabel 'eigenvalue'", static_cast<double>(panel.eigenvalues.size()) - 0.5);
  gnuplot.line("plot {} '-' using 1:2:3 with yerrorbars pt 7 ps 0.8 lc rgb '#440154' title '{}'",
               panel.exact.empty() ? "" : "'-' using 1:2:3 with xerrorbars pt 0 lw 2 lc rgb '#7fbf7b' title 'exact',", panel.exact.empty() ? "" : "learned");
  for (std::size_t k = 0; k < panel.exact.size() && k < panel.eigenvalues.size(); ++k) gnuplot.line("{} {} 0.4", k, panel.exact[k]);
  if (!panel.exact.empty()) gnuplot.line("e");
  for (std::size_t k = 0; k < panel.eigenvalues.size(); ++k) gnuplot.line("{} {} {}", k, panel.eigenvalues[k], panel.spread.empty() ? 0.0 : panel.spread[k]);
  gnuplot.line("e");
}

constexpr const char* colours[] = {"#440154", "#2a788e", "#7ad151", "#d95f02", "#b2182b", "#777777", "#1b9e77", "#e7298a", "#a6761d", "#66a61e"};

void draw_curves(Gnuplot& gnuplot, const Panel& panel) {
  gnuplot.line("set autoscale xfix; set autoscale y; set xlabel \"{}\"; set ylabel \"{}\"", quoted(panel.x_label), quoted(panel.y_label));
  if (panel.logarithmic) gnuplot.line("set logscale y; set format y '{}'", panel.y_format);
  if (panel.logarithmic_x) gnuplot.line("set logscale x");
  const bool intervals = std::any_of(panel.curves.begin(), panel.curves.end(), [](const Curve& curve) { return !curve.low.empty(); });
  if (panel.curves.size() > 4 || intervals) gnuplot.line("set key below font ',9' maxcols 2{}", intervals ? "; set bmargin 6.5" : "");
  const auto drawn = [&panel](double value) { return std::isfinite(value) && (!panel.logarithmic || value > 0); };
  std::string command;
  const auto add = [&command](const std::string& part) { command += (command.empty() ? "plot " : ", ") + part; };
  for (std::size_t c = 0; c < panel.curves.size(); ++c) {
    const Curve& curve = panel.curves[c];
    const std::string colour = colours[c % std::size(colours)], title = quoted(curve.label);
    if (curve.marked) {
      add(fmt::format("'-' using 1:2:3:4 with yerrorbars pt 7 ps 0.6 lc rgb '{}' title \"{}\"", colour, title));
      continue;
    }
    if (!curve.low.empty()) add(fmt::format("'-' using 1:2:3 with filledcurves fs transparent solid 0.2 noborder lc rgb '{}' notitle", colour));
    add(fmt::format("'-' using 1:2 with lines lw 2 {} lc rgb '{}' title \"{}\"", curve.dashed ? "dt 2" : "", colour, title));
  }
  gnuplot.line("{}", command);
  for (const Curve& curve : panel.curves) {
    if (!curve.low.empty() && !curve.marked) {
      for (std::size_t i = 0; i < curve.x.size(); ++i)
        if (drawn(curve.low[i]) && drawn(curve.high[i])) gnuplot.line("{} {} {}", curve.x[i], curve.low[i], curve.high[i]);
      gnuplot.line("e");
    }
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!drawn(curve.y[i])) continue;
      if (!curve.marked) {
        gnuplot.line("{} {}", curve.x[i], curve.y[i]);
        continue;
      }
      const bool known = !curve.low.empty() && std::isfinite(curve.low[i]) && std::isfinite(curve.high[i]);
      gnuplot.line("{} {} {} {}", curve.x[i], curve.y[i], known ? curve.low[i] : curve.y[i], known ? curve.high[i] : curve.y[i]);
    }
    gnuplot.line("e");
  }
  if (panel.logarithmic) gnuplot.line("unset logscale y; set format y");
  if (panel.logarithmic_x) gnuplot.line("unset logscale x");
  if (intervals) gnuplot.line("unset bmargin");
}

void draw_bars(Gnuplot& gnuplot, const Panel& panel) {
  const double width = 0.8 / static_cast<double>(panel.bars.size());
  std::string tics;
  for (std::size_t g = 0; g < panel.bar_labels.size(); ++g) tics += fmt::format("{}\"{}\" {}", g ? ", " : "", quoted(panel.bar_labels[g]), g);
  gnuplot.line("set xrange [-0.6:{}]; set yrange [0:*]; set xtics ({}); set boxwidth {} absolute; set style fill solid 0.85; set ylabel \"{}\"",
               static_cast<double>(panel.bar_labels.size()) - 0.4, tics, 0.9 * width, quoted(panel.y_label));
  std::string command;
  for (std::size_t c = 0; c < panel.bars.size(); ++c)
    command +=
        fmt::format("{}'-' using 1:2 with boxes lc rgb '{}' title \"{}\"", c ? ", " : "plot ", colours[c % std::size(colours)], quoted(panel.bars[c].label));
  gnuplot.line("{}", command);
  for (std::size_t c = 0; c < panel.bars.size(); ++c) {
    for (std::size_t g = 0; g < panel.bar_labels.size(); ++g)
      gnuplot.line("{} {}", static_cast<double>(g) - 0.4 + width * (static_cast<double>(c) + 0.5), panel.bars[c].y[g]);
    gnuplot.line("e");
  }
  gnuplot.line("set xtics autofreq");
}

/// Images in a square sheet with a white line between them.
void draw_images(Gnuplot& gnuplot, const Panel& panel) {
  const auto width = static_cast<std::size_t>(panel.image_width), height = panel.images.extent(1) / width;
  const auto side = static_cast<std::size_t>(std::sqrt(static_cast<double>(panel.images.extent(0))));
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (std::size_t i = 0; i < side * side; ++i)
    for (std::size_t k = 0; k < width * height; ++k) {
      low = std::min(low, panel.images(i, k));
      high = std::max(high, panel.images(i, k));
    }
  gnuplot.line("unset xtics; unset ytics; unset border; unset grid; set autoscale xfix; set autoscale yfix; set cbrange [0:1]; set size ratio -1");
  gnuplot.line("plot '-' matrix with image notitle");
  for (std::size_t row = side * (height + 1) - 1; row-- > 0;) {
    std::string line;
    for (std::size_t column = 0; column + 1 < side * (width + 1); ++column) {
      const std::size_t y = row % (height + 1), x = column % (width + 1), image = row / (height + 1) * side + column / (width + 1);
      const double value = y < height && x < width ? (panel.images(image, y * width + x) - low) / (high - low) : 1.0;
      line += fmt::format("{:.3f} ", value);
    }
    gnuplot.line("{}", line);
  }
  gnuplot.line("e");
  gnuplot.line("set size noratio; set tics nomirror out scale 0.5; set xtics autofreq; set ytics autofreq; set border 3; set grid lc rgb '#e6e6e6'");
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
  gnuplot.line("set palette maxcolors 16 defined (0 '#440154', 0.25 '#3b528b', 0.5 '#21918c', 0.75 '#5ec962', 1 '#fde725'); unset colorbox; set cbrange [0:1]");
  gnuplot.line("set tics nomirror out scale 0.5; set border 3; set grid lc rgb '#e6e6e6'; set termoption noenhanced");
  gnuplot.line("set multiplot layout {},{}", rows, columns);
  for (const Panel& panel : panels) {
    gnuplot.line("set title \"{}\"; set key default; set key top right", quoted(panel.title));
    if (!panel.eigenvalues.empty()) {
      draw_spectrum(gnuplot, panel);
    } else if (!panel.curves.empty()) {
      draw_curves(gnuplot, panel);
    } else if (!panel.bars.empty()) {
      draw_bars(gnuplot, panel);
    } else if (panel.images.extent(0) > 0) {
      draw_images(gnuplot, panel);
    } else if (panel.own_axes) {
      const auto [own_x, own_y] = ranges_of({Panel{.title = {}, .plane = panel.plane}});
      draw_points(gnuplot, panel, own_x, own_y);
    } else {
      draw_points(gnuplot, panel, x, y);
    }
    gnuplot.line("unset xlabel; unset ylabel");
  }
  gnuplot.line("unset multiplot; unset output");
  gnuplot.finish();
  require_picture(out.temporary(), path, format);
  out.commit();
}

}  // namespace kswgd::plot
