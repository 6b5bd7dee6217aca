// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"

#include <kswgd/support/random_streams.hpp>
#include <kswgd/systems/systems.hpp>

// Metastable potentials in the plane: quadruple well, tilted double well, Mueller-Brown.
namespace kswgd::reproduce {
namespace {

/// The share of points in each basin.
using Basins = std::vector<double>;

struct Well {
  std::string system;
  double temperature;
  Index samples, particles;
  std::function<std::size_t(double, double)> basin;
  std::vector<std::string> basin_names;
};

Basins masses(const Well& well, const HostPoints& points) {
  Basins result(well.basin_names.size(), 0.0);
  for (std::size_t i = 0; i < points.extent(0); ++i) result[well.basin(points(i, 0), points(i, 1))] += 1 / static_cast<double>(points.extent(0));
  return result;
}

/// Largest difference of a basin's mass.
double difference(const Basins& a, const Basins& b) {
  double most = 0;
  for (std::size_t k = 0; k < a.size(); ++k) most = std::max(most, std::abs(a[k] - b[k]));
  return most;
}

/// Mean over the seeds of the method on fresh exact draws: adds rows, returns the first seed's run with its data.
struct First {
  HostPoints data;
  Run run;
};
First add_kswgd(Result& result, const Well& well, const Draw& draw, const Judge& judge, const std::string& suffix,
                const std::function<HostPoints(std::uint64_t)>& start, std::uint64_t seed) {
  First first;
  const Means mean = mean_over_seeds(seed, [&](std::uint64_t own, Means& means) {
    const HostPoints data = draw(well.samples, own);
    Run run = run_kswgd(data, start(own), own, own == seed ? 10 : 0);
    means.add(run).add("sliced", judge.sliced(run.samples)).add("data", judge.sliced(data));
    means.add("masses", difference(masses(well, run.samples), masses(well, data)));
    if (own == seed) first = {data, std::move(run)};
  });
  const double none = std::nan(""), floor = judge.sliced_floor(well.particles);
  result.rows.push_back(mean.row("kswgd", "sliced_wasserstein" + suffix, "sliced", floor));
  result.rows.push_back({"data", "sliced_wasserstein" + suffix, mean["data"], none, floor});
  result.rows.push_back(mean.row("kswgd", "basin_mass_difference_to_data" + suffix, "masses"));
  return first;
}

plot::Panel occupancy(const Well& well, const std::vector<std::pair<std::string, Basins>>& all) {
  plot::Panel panel{.title = "mass of the basins", .y_label = "mass", .bar_labels = well.basin_names};
  for (const auto& [name, masses] : all) panel.bars.push_back({name, {}, masses, false});
  return panel;
}

/// All rivals, their rows, points and the picture of what the basins hold.
template <Potential P>
void add_rivals(Result& result, const P& potential, const Well& well, const Battery& battery, const Judge& judge, const First& first, const HostPoints& start,
                double published_epsilon, const std::vector<std::string>& shown) {
  const Basins of_data = masses(well, first.data);
  std::vector<std::pair<std::string, Basins>> bars{{"data", of_data}, {"KSWGD", masses(well, first.run.samples)}};
  Figure figure{"rivals", {}, 4};
  const Take take = [&](const std::string& method, const Attempt& attempt) {
    const Basins held = masses(well, attempt.samples);
    judge.add_rows(result.rows, method, attempt.samples, attempt.count(), attempt.seconds);
    result.rows.push_back({method, "basin_mass_difference_to_data", difference(held, of_data), std::nan(""), std::nan(""), attempt.count(), attempt.seconds});
    add_set(result, method, attempt.samples);
    if (std::find(shown.begin(), shown.end(), method) == shown.end()) return;
    bars.emplace_back(method, held);
    figure.panels.push_back({.title = method, .plane = attempt.samples});
  };
  run_score_rivals(potential, battery, judge, start, take);
  run_data_rivals(first.data, battery, judge, start, take, published_epsilon);
  figure.panels.push_back(occupancy(well, bars));
  result.figures.push_back(std::move(figure));
}

std::string mass_sentence(const std::vector<Row>& rows, const std::vector<std::string>& methods) {
  std::string text = "Largest difference of a basin's mass to the data's:";
  for (const std::string& method : methods)
    for (const Row& row : rows)
      if (row.method == method && row.metric == "basin_mass_difference_to_data")
        text += fmt::format(" {} {:.4f}{}", method, row.value, method == methods.back() ? "." : ",");
  return text;
}

/// Uniform on [-2, 2]^2 outside the wells' cores, from 3000 candidates: the published start.
HostPoints published_start(std::uint64_t seed) {
  std::vector<std::pair<double, double>> kept;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const IndexedRandom random(seed, streams::normal_start + i);
    const double x = 4 * random.uniform(0) - 2, y = 4 * random.uniform(1) - 2;
    if (std::hypot(std::abs(x) - 1, std::abs(y) - 1) > 0.4) kept.emplace_back(x, y);
  }
  const HostPoints points("kswgd::reproduce::start", kept.size(), 2);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    points(i, 0) = kept[i].first;
    points(i, 1) = kept[i].second;
  }
  return points;
}

HostPoints box(Index n, std::uint64_t seed) {
  const HostPoints points("kswgd::reproduce::box", n, 2);
  for (Index i = 0; i < n; ++i)
    for (std::uint64_t k = 0; k < 2; ++k) points(i, static_cast<Index>(k)) = 4 * IndexedRandom(seed, static_cast<std::uint64_t>(i)).uniform(k) - 2;
  return points;
}

}  // namespace

Result run_quadruple_well(const Settings& settings) {
  Result result;
  const Draw draw = [](Index n, std::uint64_t seed) { return draw_exact("quadruple-well", n, 1, seed); };
  const Judge judge(draw(200000, fresh), draw);
  Well well{"quadruple-well",
            1,
            10000,
            2000,
            [](double x, double y) { return static_cast<std::size_t>(x > 0) + 2 * static_cast<std::size_t>(y > 0); },
            {"- -", "+ -", "- +", "+ +"}};
  const std::vector<double> exact{0, .74868167, .74868167, 1.49736334, 6.00411367, 6.00411367, 6.75279534, 6.75279534, 11.66069556, 11.66069556, 12.00822734};

  // The published experiment: one trajectory of 9,999 pairs, particles around the wells.
  First first;
  HostPoints start;
  const Means mean = mean_over_seeds(settings.seed, [&](std::uint64_t seed, Means& means) {
    const LangevinOptions options{.temperature = 1, .dt = 0.01, .substeps = 10, .samples = 9999, .burn_in = 1000, .seed = seed};
    const HostPoints data = host(simulate(Exec{}, "quadruple-well", options)), particles = published_start(seed);
    Run run =
        run_kswgd(data, particles, seed, seed == settings.seed ? 10 : 0, [](FitOptions<Exec>&, DataSet<Exec>& frames) { frames.set_order(Order::in_time); });
    means.add(run).add("sliced", judge.sliced(run.samples)).add("data", judge.sliced(data)).add("mmd", judge.mmd(run.samples));
    means.add("classifier", judge.classifier(run.samples)).add("masses", difference(masses(well, run.samples), masses(well, data)));
    if (seed != settings.seed) return;
    first = {data, std::move(run)};
    start = particles;
  });
  const double none = std::nan("");
  const Index particles = static_cast<Index>(start.extent(0));
  result.rows = {mean.row("kswgd", "sliced_wasserstein", "sliced", judge.sliced_floor(particles), .129),
                 {"data", "sliced_wasserstein", mean["data"], none, judge.sliced_floor(particles)},
                 mean.row("kswgd", "mmd", "mmd", judge.mmd_floor(particles)),
                 mean.row("kswgd", "classifier_accuracy", "classifier", 0.5),
                 mean.row("kswgd", "basin_mass_difference_to_data", "masses")};
  add_set(result, "data", first.data, &first.run.model, 4);
  add_set(result, "start", start);
  add_set(result, "kswgd", first.run.samples, &first.run.model, 4);
  result.figures.push_back(samples_figure(first.data, start, first.run.samples, first.run.model, exact));
  settings.say(fmt::format("one trajectory: sliced W2 {:.4f}, the data's own {:.4f}", mean["sliced"], mean["data"]));

  const auto line = rivals::line_spectrum([](double x) { return (x * x - 1) * (x * x - 1); }, -3, 3, 3000, 14);
  const Battery battery{.temperature = 1, .stable_step = 0.05, .budget = mean.evaluations(), .lines = {line, line}, .seed = settings.seed};
  add_rivals(result, QuadrupleWell{}, well, battery, judge, first, start, 0.02, {"ula", "svgd", "published update"});
  result.remarks.push_back(fmt::format("From one trajectory the law is known to sliced W2 {:.4f} at best; the published figure is .129.", mean["data"]));

  // From independent draws: what theory.md calls the quadruple well.
  well.samples = 10000;
  add_kswgd(
      result, well, draw, judge, ", 10^4 draws, from a box", [&](std::uint64_t s) { return box(2000, s); }, settings.seed);
  add_kswgd(
      result, well, draw, judge, ", 10^4 draws, from one well",
      [&](std::uint64_t s) {
        return cloud(2000, {1, 1}, 0.1, s);
      },
      settings.seed);
  add_kswgd(
      result, well, draw, judge, ", 10^4 draws, from (4, 4)",
      [&](std::uint64_t s) {
        return cloud(2000, {4, 4}, 0.5, s);
      },
      settings.seed);
  well.samples = 1000;
  add_kswgd(
      result, well, draw, judge, ", 10^3 draws, from one well",
      [&](std::uint64_t s) {
        return cloud(2000, {1, 1}, 0.1, s);
      },
      settings.seed);
  return result;
}

Result run_double_well(const Settings& settings) {
  Result result;
  for (const int barrier : {8, 12, 16}) {
    const double t = 1.0 / barrier;
    const Draw draw = [t](Index n, std::uint64_t seed) { return draw_exact("double-well", n, t, seed); };
    const Judge judge(draw(200000, fresh), draw);
    const Well well{"double-well", t, 10000, 2000, [](double x, double) { return static_cast<std::size_t>(x > 0); }, {"left", "right"}};
    const auto start = [](std::uint64_t s) { return cloud(2000, {1, 0}, 0.1, s); };
    const First first = add_kswgd(result, well, draw, judge, barrier == 8 ? "" : fmt::format(", {} kT", barrier), start, settings.seed);
    settings.say(
        fmt::format("{} kT: mass of the left basin {:.4f}, the data's {:.4f}", barrier, masses(well, first.run.samples)[0], masses(well, first.data)[0]));
    if (barrier > 8) continue;
    add_set(result, "data", first.data, &first.run.model, 3);
    add_set(result, "start", start(settings.seed));
    add_set(result, "kswgd", first.run.samples, &first.run.model, 3);
    result.figures.push_back(samples_figure(first.data, start(settings.seed), first.run.samples, first.run.model));
    const auto along = rivals::line_spectrum([t](double x) { return ((x * x - 1) * (x * x - 1) + x / 10) / t; }, -2.2, 2.2, 3000, 14);
    const auto across = rivals::line_spectrum([t](double y) { return y * y / (2 * t); }, -3, 3, 3000, 14);
    const Battery battery{.temperature = t, .stable_step = 0.05, .budget = first.run.report.state.evaluations, .lines = {along, across}, .seed = settings.seed};
    add_rivals(result, TiltedDoubleWell{}, well, battery, judge, first, start(settings.seed), 0, {"ula x100", "svgd x5", "dmps"});
    result.remarks.push_back(mass_sentence(result.rows, {"kswgd", "ula x100", "svgd x5", "mala", "hmc"}));
  }
  return result;
}

Result run_mueller_brown(const Settings& settings) {
  Result result;
  const Draw draw = [](Index n, std::uint64_t seed) { return draw_exact("mueller-brown", n, 10, seed); };
  const Judge judge(draw(200000, fresh), draw);
  // The basins are parted by lines through the two saddles.
  const Well well{"mueller-brown",
                  10,
                  10000,
                  2000,
                  [](double x, double y) {
                    return static_cast<std::size_t>(y > 0.95 + 0.4 * (x + 0.8) ? 0 : x < 0.25 ? 1 : 2);
                  },
                  {"deep", "middle", "right"}};
  const auto start = [](std::uint64_t s) { return cloud(2000, {0.62, 0.03}, 0.05, s); };
  const First first = add_kswgd(result, well, draw, judge, "", start, settings.seed);
  add_set(result, "data", first.data, &first.run.model, 3);
  add_set(result, "start", start(settings.seed));
  add_set(result, "kswgd", first.run.samples, &first.run.model, 3);
  result.figures.push_back(samples_figure(first.data, start(settings.seed), first.run.samples, first.run.model));
  const Battery battery{.temperature = 10, .stable_step = 4e-4, .length = 0.3, .budget = first.run.report.state.evaluations, .seed = settings.seed};
  add_rivals(result, MuellerBrown{}, well, battery, judge, first, start(settings.seed), 0, {"ula x100", "svgd x5", "dmps"});
  result.remarks.push_back(mass_sentence(result.rows, {"kswgd", "ula", "ula x100", "svgd x5", "mala", "hmc"}));
  return result;
}

}  // namespace kswgd::reproduce
