// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "panels.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace kswgd::plot {
namespace {

/// Okabe, Ito 2008, without yellow, which is faint on white.
constexpr const char* colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#888888"};
constexpr const char *grey = "#999999", *learned = colours[0], *known = colours[1];
const char* colour(std::size_t k) { return colours[k % std::size(colours)]; }

constexpr const char *sequential = "0 '#440154', 0.25 '#3b528b', 0.5 '#21918c', 0.75 '#5ec962', 1 '#fde725'",
                     *diverging = "0 '#7f3b08', 0.25 '#e08214', 0.5 '#d0d0d0', 0.75 '#8073ac', 1 '#2d004b'";

/// gnuplot's strings: what could end them is left out.
std::string quoted(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '"' || c == '\\' || c == '`' || c == '\n'; }, '\'');
  return text;
}

void add(Range& range, double value) {
  range.low = std::min(range.low, value);
  range.high = std::max(range.high, value);
}

/// Whether all coordinates of point i are numbers that can be drawn: particles of a method that diverges have none.
bool is_finite(const HostPoints& points, std::size_t i) {
  for (std::size_t k = 0; k < points.extent(1); ++k)
    if (!std::isfinite(points(i, k))) return false;
  return true;
}

/// Which of `count` equal parts of the range holds the value; the first and the last hold what lies outside. In halves, whose differences are finite.
int part_of(const Range& range, double value, int count) {
  const double place = (value / 2 - range.low / 2) / (range.high / 2 - range.low / 2) * count;
  return place > 0 ? static_cast<int>(std::min(place, count - 1.0)) : 0;
}

/// Each point coloured by how many others lie near it: counts on a grid, smoothed once.
std::vector<double> densities(const HostPoints& plane, const Range& x, const Range& y) {
  constexpr int cells = 64;
  std::vector<double> grid(cells * cells, 0.0), smooth(grid.size(), 0.0);
  const auto cell = [&](std::size_t i) { return static_cast<std::size_t>(part_of(x, plane(i, 0), cells) * cells + part_of(y, plane(i, 1), cells)); };
  for (std::size_t i = 0; i < plane.extent(0); ++i)
    if (is_finite(plane, i)) grid[cell(i)] += 1;
  for (int i = 0; i < cells; ++i)
    for (int j = 0; j < cells; ++j)
      for (int a = std::max(0, i - 1); a <= std::min(cells - 1, i + 1); ++a)
        for (int b = std::max(0, j - 1); b <= std::min(cells - 1, j + 1); ++b)
          smooth[static_cast<std::size_t>(i * cells + j)] += grid[static_cast<std::size_t>(a * cells + b)];
  const double most = std::max(1.0, *std::max_element(smooth.begin(), smooth.end()));
  std::vector<double> result;
  for (std::size_t i = 0; i < plane.extent(0); ++i) result.push_back(is_finite(plane, i) ? smooth[cell(i)] / most : HUGE_VAL);
  return result;
}

/// As they are unless a panel says otherwise.
void set_axes(Gnuplot& gnuplot) {
  gnuplot.line("set xtics autofreq nomirror; set ytics autofreq nomirror; set tics out scale 0.5; set border 3; set grid lc rgb '#e6e6e6'");
}

/// 1, 2 or 5 times a power of ten, so that a small panel has four tics or so.
double few_tics(const Range& range) {
  const double step = (range.high - range.low) / 4, power = std::pow(10, std::floor(std::log10(step)));
  return power * (step < 2 * power ? 1 : step < 5 * power ? 2 : 5);
}

/// A colour bar for values: around 0 where both signs are there (strays at its ends), of probabilities from 0 to 1.
void begin_colours(Gnuplot& gnuplot, const std::vector<double>& values, const std::string& label) {
  Range range;
  std::vector<double> sizes;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    add(range, value);
    sizes.push_back(std::abs(value));
  }
  const bool signed_values = range.low < 0 && range.high > 0;
  if (signed_values) {
    const auto place = sizes.begin() + static_cast<std::ptrdiff_t>(0.995 * static_cast<double>(sizes.size() - 1));
    std::nth_element(sizes.begin(), place, sizes.end());
    range = {-*place, *place};
  } else if (range.low >= 0 && range.high <= 1 && range.high - range.low > 0.5) {
    range = {0, 1};
  }
  if (!(range.low < range.high)) range = {std::isfinite(range.low) ? range.low - 1 : 0, std::isfinite(range.low) ? range.low + 1 : 1};
  gnuplot.line("set palette maxcolors 0 defined ({}); set colorbox; set cbrange [{}:{}]; set cblabel \"{}\"", signed_values ? diverging : sequential, range.low,
               range.high, quoted(label));
}

void draw_histogram(Gnuplot& gnuplot, const HostPoints& line, const Range& x) {
  constexpr int bins = 60;
  gnuplot.line("set yrange [0:*]; set boxwidth {} absolute; set style fill solid 0.7; set ylabel 'points'", (x.high - x.low) / bins);
  gnuplot.line("plot '-' using 1:2 with boxes lc rgb '{}' notitle", learned);
  std::vector<int> counts(bins, 0);
  for (std::size_t i = 0; i < line.extent(0); ++i)
    if (is_finite(line, i)) ++counts[static_cast<std::size_t>(part_of(x, line(i, 0), bins))];
  for (std::size_t b = 0; b < counts.size(); ++b) gnuplot.line("{} {}", x.low + (static_cast<double>(b) + 0.5) * (x.high - x.low) / bins, counts[b]);
  gnuplot.line("e");
}

constexpr std::size_t most_drawn = 5000;

/// Which of the points are drawn, in order.
std::vector<std::size_t> some_of(const HostPoints& points) {
  const std::size_t n = points.extent(0), most = std::min(n, most_drawn);
  std::vector<std::size_t> drawn;
  for (std::size_t i = 0; i < most; ++i)
    if (is_finite(points, i * n / most)) drawn.push_back(i * n / most);
  return drawn;
}

void draw_points(Gnuplot& gnuplot, const Panel& panel, const Range& x, const Range& y) {
  const std::size_t n = panel.plane.extent(0);
  std::size_t lost = 0;
  for (std::size_t i = 0; i < n; ++i) lost += is_finite(panel.plane, i) ? 0 : 1;
  if (!panel.title.empty()) gnuplot.line("set title \"{} (n = {}{})\"", quoted(panel.title), n, lost > 0 ? fmt::format(", {} not finite", lost) : "");
  gnuplot.line("set xrange [{}:{}]; set xlabel \"{}\"; set ylabel \"{}\"", x.low, x.high, quoted(panel.x_label), quoted(panel.y_label));
  if (panel.small) gnuplot.line("set xtics {}; set ytics {}", few_tics(x), few_tics(y));
  if (panel.plane.extent(1) == 1) return draw_histogram(gnuplot, panel.plane, x);
  const double size = std::min(n, most_drawn) > 2500 ? 0.26 : 0.38;
  const bool valued = !panel.values.empty(), before_others = panel.behind.extent(0) > 0;
  gnuplot.line("set yrange [{}:{}]", y.low, y.high);
  if (valued) begin_colours(gnuplot, panel.values, panel.colour_label);
  if (before_others) {
    gnuplot.line("plot '-' using 1:2 with points pt 7 ps {} lc rgb '{}' notitle, '-' using 1:2 with points pt 7 ps {} lc rgb '{}' notitle", size, grey,
                 0.8 * size, learned);
    for (const std::size_t i : some_of(panel.behind)) gnuplot.line("{} {}", panel.behind(i, 0), panel.behind(i, 1));
    gnuplot.line("e");
  } else {
    gnuplot.line("plot '-' using 1:2:3 with points pt 7 ps {} lc palette notitle", size);
  }
  const std::vector<double> shade = valued ? panel.values : densities(panel.plane, x, y);
  std::vector<std::size_t> order = some_of(panel.plane);
  if (!valued) std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return shade[a] < shade[b]; });  // dense ones on top
  for (const std::size_t i : order)
    if (std::isfinite(shade[i])) gnuplot.line("{} {} {}", panel.plane(i, 0), panel.plane(i, 1), shade[i]);
  gnuplot.line("e");
  if (valued) use_density_colours(gnuplot);
  if (panel.small) set_axes(gnuplot);
}

/// Labels under the axes, so that none lies on what is drawn.
constexpr const char* legend = "set key bmargin center horizontal Left reverse samplen 1.5 width 1 height 1 maxcols 2 font ',9'; set xlabel offset 0,0.4";
constexpr const char* no_legend = "set key default; unset xlabel";

void draw_spectrum(Gnuplot& gnuplot, const Panel& panel) {
  const std::size_t count = panel.eigenvalues.size();
  gnuplot.line("{}; set xrange [-0.5:{}]; set yrange [0:*]; set xlabel 'mode'; set ylabel \"{}\"; set xtics {}", legend, static_cast<double>(count) - 0.5,
               quoted(panel.y_label.empty() ? "eigenvalue" : panel.y_label), std::max<std::size_t>(1, (count + 9) / 10));
  const std::string exact = panel.exact.empty() ? "" : fmt::format("'-' using 1:2:3 with xerrorbars pt 0 lw 2 lc rgb '{}' title 'exact', ", known);
  gnuplot.line("plot {} '-' using 1:2:3 with yerrorbars pt 7 ps 0.8 lc rgb '{}' title 'learned, 90 %'", exact, learned);
  for (std::size_t k = 0; k < panel.exact.size() && k < count; ++k) gnuplot.line("{} {} 0.4", k, panel.exact[k]);
  if (!panel.exact.empty()) gnuplot.line("e");
  constexpr double quantile = 1.645;
  for (std::size_t k = 0; k < count; ++k) gnuplot.line("{} {} {}", k, panel.eigenvalues[k], panel.spread.empty() ? 0.0 : quantile * panel.spread[k]);
  gnuplot.line("e");
  gnuplot.line("{}", no_legend);
  set_axes(gnuplot);
}

void draw_curves(Gnuplot& gnuplot, const Panel& panel) {
  gnuplot.line("{}; set autoscale; set autoscale xfix; set xlabel \"{}\"; set ylabel \"{}\"", legend, quoted(panel.x_label), quoted(panel.y_label));
  if (panel.logarithmic) gnuplot.line("set logscale y; set format y '{}'", panel.y_format);
  if (panel.logarithmic_x) {
    std::string tics;
    for (const double x : panel.curves.front().x) tics += fmt::format("{}{:g}", tics.empty() ? "" : ", ", x);
    gnuplot.line("set logscale x; set xtics ({}); set xrange [{}:{}]", tics, 0.95 * panel.curves.front().x.front(), 1.05 * panel.curves.front().x.back());
  }
  if (panel.small) gnuplot.line("set xtics {}", few_tics({panel.curves.front().x.front(), panel.curves.front().x.back()}));
  const auto drawn = [&panel](double value) { return std::isfinite(value) && (!panel.logarithmic || value > 0); };
  std::string command;
  const auto plot = [&command](const std::string& part) { command += (command.empty() ? "plot " : ", ") + part; };
  std::size_t coloured = 0;
  for (const Curve& curve : panel.curves) {
    const char* own = curve.filled ? grey : colour(coloured++);
    const std::string title = curve.label.empty() ? "notitle" : "title \"" + quoted(curve.label) + "\"";
    if (curve.filled) {
      plot(fmt::format("'-' using 1:2 with filledcurves y1=0 fs solid 0.5 noborder lc rgb '{}' {}", own, title));
    } else if (curve.marked) {
      plot(fmt::format("'-' using 1:2:3:4 with yerrorbars pt 7 ps 0.6 lc rgb '{}' {}", own, title));
    } else {
      if (!curve.low.empty()) plot(fmt::format("'-' using 1:2:3 with filledcurves fs transparent solid 0.2 noborder lc rgb '{}' notitle", own));
      plot(fmt::format("'-' using 1:2 with lines lw 2 {} lc rgb '{}' {}", curve.dashed ? "dt 2" : "", own, title));
    }
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
      const bool bounded = !curve.low.empty() && std::isfinite(curve.low[i]) && std::isfinite(curve.high[i]);
      gnuplot.line("{} {} {} {}", curve.x[i], curve.y[i], bounded ? curve.low[i] : curve.y[i], bounded ? curve.high[i] : curve.y[i]);
    }
    gnuplot.line("e");
  }
  if (panel.logarithmic) gnuplot.line("unset logscale y; set format y");
  if (panel.logarithmic_x) gnuplot.line("unset logscale x");
  gnuplot.line("{}", no_legend);
  set_axes(gnuplot);
}

void draw_bars(Gnuplot& gnuplot, const Panel& panel) {
  const double width = 0.8 / static_cast<double>(panel.bars.size());
  std::string tics;
  for (std::size_t g = 0; g < panel.bar_labels.size(); ++g) tics += fmt::format("{}\"{}\" {}", g ? ", " : "", quoted(panel.bar_labels[g]), g);
  gnuplot.line("{}; set xrange [-0.6:{}]; set yrange [0:*]; set xtics ({}); set boxwidth {} absolute; set style fill solid 0.85; set ylabel \"{}\"", legend,
               static_cast<double>(panel.bar_labels.size()) - 0.4, tics, 0.9 * width, quoted(panel.y_label));
  std::string command;
  for (std::size_t c = 0; c < panel.bars.size(); ++c)
    command += fmt::format("{}'-' using 1:2 with boxes lc rgb '{}' title \"{}\"", c ? ", " : "plot ", colour(c), quoted(panel.bars[c].label));
  gnuplot.line("{}", command);
  for (std::size_t c = 0; c < panel.bars.size(); ++c) {
    for (std::size_t g = 0; g < panel.bar_labels.size(); ++g)
      gnuplot.line("{} {}", static_cast<double>(g) - 0.4 + width * (static_cast<double>(c) + 0.5), panel.bars[c].y[g]);
    gnuplot.line("e");
  }
  gnuplot.line("{}", no_legend);
  set_axes(gnuplot);
}

/// Bars from left to right, one below the other, with a line at 100 %.
void draw_shares(Gnuplot& gnuplot, const Panel& panel) {
  double most = 1;
  std::string tics;
  std::vector<std::string> groups;
  for (std::size_t k = 0; k < panel.shares.size(); ++k) {
    const Share& share = panel.shares[k];
    most = std::max(most, share.value);
    tics += fmt::format("{}\"{}\" {}", k ? ", " : "", quoted(share.label), k);
    if (std::find(groups.begin(), groups.end(), share.group) == groups.end()) groups.push_back(share.group);
  }
  gnuplot.line("{}; set xrange [0:{}]; set yrange [{}:-0.6]; set ytics ({}) font ',9'; set xlabel \"{}\"; set xtics 20", legend, 100 * (most + 0.25),
               static_cast<double>(panel.shares.size()) - 0.4, tics, quoted(panel.x_label));
  gnuplot.line("set arrow 1 from 100, graph 0 to 100, graph 1 nohead dt 2 lc rgb '#000000'");
  std::string command;
  for (std::size_t g = 0; g < groups.size(); ++g)
    command += fmt::format("{}'-' using 1:2:3:4:5:6 with boxxyerror fs solid 0.85 noborder lc rgb '{}' title \"{}\"", g ? ", " : "plot ", colour(g),
                           quoted(groups[g]));
  gnuplot.line("{}, '-' using 1:2:3 with labels left offset 0.5,0 font ',9' notitle", command);
  const auto row = [](std::size_t k) { return static_cast<double>(k); };
  for (const std::string& group : groups) {
    for (std::size_t k = 0; k < panel.shares.size(); ++k)
      if (const Share& share = panel.shares[k]; share.group == group)
        gnuplot.line("{0} {1} 0 {0} {2} {3}", 100 * share.value, row(k), row(k) - 0.35, row(k) + 0.35);
    gnuplot.line("e");
  }
  for (std::size_t k = 0; k < panel.shares.size(); ++k) gnuplot.line("{} {} \"{}\"", 100 * panel.shares[k].value, row(k), quoted(panel.shares[k].note));
  gnuplot.line("e");
  gnuplot.line("{}; unset arrow 1; set ytics font ''", no_legend);
  set_axes(gnuplot);
}

void draw_map(Gnuplot& gnuplot, const Panel& panel) {
  std::vector<double> values;
  for (std::size_t i = 0; i < panel.map.extent(0); ++i) values.push_back(panel.map(i, 2));
  begin_colours(gnuplot, values, panel.colour_label);
  gnuplot.line("set autoscale; set autoscale xfix; set autoscale yfix; set xlabel \"{}\"; set ylabel \"{}\"", quoted(panel.x_label), quoted(panel.y_label));
  gnuplot.line("plot '-' using 1:2:3 with image notitle");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) {
      gnuplot.line("{} {} {}", panel.map(i, 0), panel.map(i, 1), values[i]);
    } else {
      gnuplot.line("{} {} NaN", panel.map(i, 0), panel.map(i, 1));
    }
  }
  gnuplot.line("e");
  use_density_colours(gnuplot);
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
  gnuplot.line(
      "unset xtics; unset ytics; unset border; unset grid; set autoscale; set autoscale xfix; set autoscale yfix; set cbrange [0:1]; set size ratio -1");
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
  gnuplot.line("set size noratio");
  set_axes(gnuplot);
}

void draw_legend(Gnuplot& gnuplot, const Panel& panel) {
  gnuplot.line("unset border; unset tics; unset grid; set key inside center center Left reverse; set xrange [0:1]; set yrange [0:1]");
  std::string command;
  for (std::size_t c = 0; c < panel.curves.size(); ++c)
    command += fmt::format("{}NaN with points pt 7 ps 1.2 lc rgb '{}' title \"{}\"", c ? ", " : "plot ", panel.curves[c].filled ? grey : learned,
                           quoted(panel.curves[c].label));
  gnuplot.line("{}", command);
  gnuplot.line("set key default");
  set_axes(gnuplot);
}

}  // namespace

void use_density_colours(Gnuplot& gnuplot) {
  gnuplot.line("set palette maxcolors 16 defined ({}); unset colorbox; set cbrange [0:1]; unset cblabel", sequential);
}

Range with_margin(Range range) {
  if (!(range.low <= range.high)) return {-1, 1};  // of nothing
  if (range.low == range.high) {
    const double half = std::max(1.0, 1e-3 * std::abs(range.low));
    range = {range.low - half, range.high + half};
  }
  const double margin = 0.05 * range.high - 0.05 * range.low;
  return {range.low - margin, range.high + margin};
}

std::pair<Range, Range> ranges_of(const std::vector<Panel>& panels) {
  Range x, y;
  const auto widen = [](Range& range, const Range& by) {
    if (!(range.low <= range.high)) range = by;
    const double width = range.high - range.low;
    range = {std::min(range.low, std::max(by.low, range.low - width)), std::max(range.high, std::min(by.high, range.high + width))};
  };
  for (const Panel& panel : panels) {
    const HostPoints& plane = panel.behind.extent(0) > 0 ? panel.behind : panel.plane;
    if (panel.own_axes || plane.extent(0) == 0) continue;
    Range own_x, own_y;
    for (std::size_t i = 0; i < plane.extent(0); ++i) {
      if (!is_finite(plane, i)) continue;
      add(own_x, plane(i, 0));
      if (plane.extent(1) > 1) add(own_y, plane(i, 1));
    }
    widen(x, own_x);
    if (plane.extent(1) > 1) widen(y, own_y);
  }
  return {with_margin(x), with_margin(y)};
}

void draw_panel(Gnuplot& gnuplot, const Panel& panel, const Range& x, const Range& y) {
  gnuplot.line("set title \"{}\"; set key default", quoted(panel.title));
  if (!panel.eigenvalues.empty()) {
    draw_spectrum(gnuplot, panel);
  } else if (panel.legend_only) {
    draw_legend(gnuplot, panel);
  } else if (!panel.curves.empty()) {
    draw_curves(gnuplot, panel);
  } else if (!panel.bars.empty()) {
    draw_bars(gnuplot, panel);
  } else if (!panel.shares.empty()) {
    draw_shares(gnuplot, panel);
  } else if (panel.map.extent(0) > 0) {
    draw_map(gnuplot, panel);
  } else if (panel.images.extent(0) > 0) {
    draw_images(gnuplot, panel);
  } else if (panel.plane.extent(0) > 0 || !panel.title.empty()) {
    draw_points(gnuplot, panel, x, y);
  } else {
    gnuplot.line("set multiplot next");
  }
  gnuplot.line("unset xlabel; unset ylabel");
}

}  // namespace kswgd::plot
