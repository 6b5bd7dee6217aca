// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"

#include <fmt/core.h>
#include <kswgd/algebra/dense.hpp>
#include <kswgd/io/atomic_file.hpp>
#include <kswgd/io/model_file.hpp>
#include <kswgd/support/check.hpp>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <memory>
#include <utility>

namespace kswgd::cli {
namespace {

/// gnuplot behind a pipe; what it complains of becomes our message.
class Gnuplot {
 public:
  Gnuplot() {
    if (std::system("command -v gnuplot >/dev/null 2>&1") != 0)
      throw Failure("kswgd::plot: gnuplot was not found on the PATH: install the package gnuplot-nox (or any gnuplot with pngcairo)");
    m_complaints = std::tmpfile();
    if (!m_complaints) throw Failure("kswgd::plot: no temporary file could be made");
    m_earlier = std::signal(SIGPIPE, SIG_IGN);  // a gnuplot that ends early must not take us along
    m_pipe = ::popen(fmt::format("gnuplot >/dev/null 2>/dev/fd/{}", ::fileno(m_complaints)).c_str(), "w");
    if (!m_pipe) throw Failure("kswgd::plot: gnuplot could not be started");
  }
  ~Gnuplot() {
    if (m_pipe) ::pclose(m_pipe);
    std::signal(SIGPIPE, m_earlier);
    std::fclose(m_complaints);
  }
  Gnuplot(const Gnuplot&) = delete;
  Gnuplot& operator=(const Gnuplot&) = delete;

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    const std::string text = fmt::format(format, std::forward<Args>(args)...) + "\n";
    if (std::fputs(text.c_str(), m_pipe) < 0) finish();
  }
  void finish() {
    const int status = ::pclose(std::exchange(m_pipe, nullptr));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    std::string complaint;
    std::rewind(m_complaints);
    for (int c = std::fgetc(m_complaints); c != EOF && complaint.size() < 400; c = std::fgetc(m_complaints))
      if (c != '\n' || (!complaint.empty() && complaint.back() != ' ')) complaint += c == '\n' ? ' ' : static_cast<char>(c);
    throw Failure("kswgd::plot: gnuplot failed: " + (complaint.empty() ? "it gave no reason" : complaint));
  }

 private:
  std::FILE *m_pipe = nullptr, *m_complaints = nullptr;
  void (*m_earlier)(int) = SIG_DFL;
};

struct Panel {
  std::string title;
  HostPoints plane;                // n x 2, or n x 1
  std::vector<double> eigenvalues; // a spectrum instead of points
  std::vector<double> spread;
};

std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

/// gnuplot's strings: what could end them is left out.
std::string quoted(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '"' || c == '\\' || c == '`' || c == '\n'; }, '\'');
  return text;
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
    if (panel.plane.extent(0) == 0) continue;
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
  double low = 1e300, high = -1e300;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// Common axes: the first panel of points (the data) sets them, with a margin; strays of others may lie outside.
std::pair<Range, Range> ranges_of(const std::vector<Panel>& panels) {
  Range x, y;
  for (const Panel& panel : panels) {
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
    return std::clamp(static_cast<int>((value - range.low) / (range.high - range.low) * cells), 0, cells - 1);
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
  const std::size_t n = panel.plane.extent(0), drawn = std::min<std::size_t>(n, 20000);
  gnuplot.line("set title \"{} (n = {})\"", quoted(panel.title), n);
  gnuplot.line("set xrange [{}:{}]", x.low, x.high);
  if (panel.plane.extent(1) == 1) {
    gnuplot.line("set yrange [0:*]; set boxwidth {} absolute; set style fill solid 0.7", (x.high - x.low) / 60);
    gnuplot.line("plot '-' using 1:2 with boxes lc rgb '#2a788e' notitle");
    std::vector<int> counts(60, 0);
    for (std::size_t i = 0; i < n; ++i) ++counts[static_cast<std::size_t>(std::clamp(static_cast<int>((panel.plane(i, 0) - x.low) / (x.high - x.low) * 60), 0, 59))];
    for (std::size_t b = 0; b < 60; ++b) gnuplot.line("{} {}", x.low + (static_cast<double>(b) + 0.5) * (x.high - x.low) / 60, counts[b]);
    gnuplot.line("e");
    return;
  }
  gnuplot.line("set yrange [{}:{}]", y.low, y.high);
  gnuplot.line("plot '-' using 1:2:3 with points pt 7 ps {} lc palette notitle", drawn > 5000 ? 0.22 : 0.38);
  const auto density = densities(panel.plane, x, y);
  std::vector<std::size_t> order(drawn);
  for (std::size_t i = 0; i < drawn; ++i) order[i] = i * n / drawn;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return density[a] < density[b]; });  // dense ones on top
  for (const std::size_t i : order) gnuplot.line("{} {} {}", panel.plane(i, 0), panel.plane(i, 1), density[i]);
  gnuplot.line("e");
}

void draw_spectrum(Gnuplot& gnuplot, const Panel& panel) {
  gnuplot.line("set title \"{}\"", quoted(panel.title));
  gnuplot.line("set xrange [-0.5:{}]; set yrange [0:*]; set xlabel 'mode'; set ylabel 'eigenvalue'", static_cast<double>(panel.eigenvalues.size()) - 0.5);
  gnuplot.line("plot '-' using 1:2:3 with yerrorbars pt 7 ps 0.8 lc rgb '#440154' notitle");
  for (std::size_t k = 0; k < panel.eigenvalues.size(); ++k) gnuplot.line("{} {} {}", k, panel.eigenvalues[k], panel.spread[k]);
  gnuplot.line("e");
  gnuplot.line("unset xlabel; unset ylabel");
}

Panel spectrum_panel(const std::string& path) {
  const ModelData model = io::read_model(path);
  Panel panel{"spectrum of " + base_name(path), {}, {0}, {0}};
  const auto& read = model.read_out;
  for (std::size_t k = 0; k < read.values.size(); ++k) {
    panel.eigenvalues.push_back(read.values[k]);
    panel.spread.push_back(read.spread[k]);
  }
  for (Index k = 1; read.values.empty() && k < model.eigenpairs.size(); ++k) {
    panel.eigenvalues.push_back(model.eigenpairs.values(k));
    panel.spread.push_back(0);
  }
  return panel;
}

struct Options {
  std::vector<std::string> files, titles;
  std::string output;
};

void plot(const Common& common, const Options& options) {
  require(options.titles.empty() || options.titles.size() == options.files.size(), "plot",
          [] { return "give one --title for each file, in order"; });
  io::AtomicFile out(options.output);
  std::vector<Panel> panels;
  for (const std::string& file : options.files) {
    const std::size_t colon = file.rfind(":/");
    const std::string path = file.substr(0, colon), dataset = colon == std::string::npos ? "" : file.substr(colon + 1);
    panels.push_back(io::is_model(path) ? spectrum_panel(path) : Panel{base_name(file), io::read_points(path, {dataset, "", 1, false}).points, {}, {}});
    if (!options.titles.empty()) panels.back().title = options.titles[panels.size() - 1];
  }
  project_panels(panels);
  const auto [x, y] = ranges_of(panels);
  const std::size_t columns = std::min<std::size_t>(panels.size(), 4), rows = (panels.size() + columns - 1) / columns;
  Gnuplot gnuplot;
  gnuplot.line("set terminal pngcairo size {},{} font 'sans,11' enhanced background rgb 'white'", 440 * columns, 420 * rows);
  std::string output;  // in single quotes a quote is written twice, and nothing else is special
  for (const char c : out.temporary()) output += c == '\'' ? "\'\'" : std::string(1, c);
  gnuplot.line("set output '{}'", output);
  gnuplot.line("set palette defined (0 '#440154', 0.25 '#3b528b', 0.5 '#21918c', 0.75 '#5ec962', 1 '#fde725'); unset colorbox; set cbrange [0:1]");
  gnuplot.line("set tics nomirror out scale 0.5; set border 3; set grid lc rgb '#e6e6e6'; set termoption noenhanced");
  gnuplot.line("set multiplot layout {},{}", rows, columns);
  for (const Panel& panel : panels) {
    if (panel.eigenvalues.empty()) {
      draw_points(gnuplot, panel, x, y);
    } else {
      draw_spectrum(gnuplot, panel);
    }
  }
  gnuplot.line("unset multiplot; unset output");
  gnuplot.finish();
  out.commit();
  common.say(fmt::format("{} panels drawn to {}", panels.size(), options.output));
  common.write_json({{"panels", panels.size()}, {"output", options.output}});
}

}  // namespace

void add_plot(CLI::App& app, Common& common) {
  CLI::App* command = add_command(app, common, "plot", "a picture: points by density, models by spectrum, side by side");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->files, "samples, trajectories or models (FILE:/DATASET names a dataset)")->required();
  command->add_option("-o,--output", options->output, "the picture (.png)")->required()->type_name("PNG");
  command->add_option("--title", options->titles, "a title for each file, in order")->take_all();
  command->callback([options, &common] { common.run = [options, &common] { plot(common, *options); }; });
}

}  // namespace kswgd::cli
