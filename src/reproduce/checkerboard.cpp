// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"

#include <kswgd/support/random_streams.hpp>
#include <kswgd/systems/systems.hpp>

// A law with edges, known through samples alone: there is no score, so only rivals that learn from data can run.
namespace kswgd::reproduce {
namespace {

/// The share of points on a square that the law has.
double inside(const HostPoints& points) {
  double count = 0;
  for (std::size_t i = 0; i < points.extent(0); ++i) {
    const double x = points(i, 0), y = points(i, 1);
    count += std::abs(x) < 2 && std::abs(y) < 2 && (static_cast<int>(x + 2) + static_cast<int>(y + 2)) % 2 == 0;
  }
  return count / static_cast<double>(points.extent(0));
}

}  // namespace

Result run_checkerboard(const Settings& settings) {
  Result result;
  constexpr Index samples = 2000, particles = 2000;
  const Draw draw = [](Index n, std::uint64_t seed) { return draw_exact("checkerboard", n, 0, seed); };
  const Judge judge(draw(200000, fresh), draw);
  const auto start_of = [](std::uint64_t seed) {
    const HostPoints points("kswgd::reproduce::start", particles, 2);
    for (Index i = 0; i < particles; ++i)
      for (std::uint64_t k = 0; k < 2; ++k)
        points(i, static_cast<Index>(k)) = 4 * IndexedRandom(seed, streams::box_start + static_cast<std::uint64_t>(i)).uniform(k) - 2;
    return points;
  };
  const HostPoints start = start_of(settings.seed);
  HostPoints data;
  Run first;
  const Means mean = mean_over_seeds(settings.seed, [&](std::uint64_t seed, Means& means) {
    const HostPoints own = draw(samples, seed);
    Run run = run_kswgd(own, start_of(seed), seed, seed == settings.seed ? 10 : 0);
    means.add(run).add("sliced", judge.sliced(run.samples)).add("data", judge.sliced(own)).add("mmd", judge.mmd(run.samples));
    means.add("classifier", judge.classifier(run.samples)).add("share", inside(run.samples));
    if (seed != settings.seed) return;
    data = own;
    first = std::move(run);
  });
  const double none = std::nan("");
  result.rows = {mean.row("kswgd", "sliced_wasserstein", "sliced", judge.sliced_floor(particles)),
                 {"data", "sliced_wasserstein", mean["data"], none, judge.sliced_floor(particles)},
                 mean.row("kswgd", "mmd", "mmd", judge.mmd_floor(particles)),
                 mean.row("kswgd", "classifier_accuracy", "classifier", 0.5),
                 mean.row("kswgd", "share_on_the_squares", "share", 1)};
  add_set(result, "data", data, &first.model, 4);
  add_set(result, "start", start);
  add_set(result, "kswgd", first.samples, &first.model, 4);
  result.figures.push_back(samples_figure(data, start, first.samples, first.model));
  Figure figure{"rivals", {}, 4};
  run_data_rivals(data, {.budget = mean.evaluations(), .seed = settings.seed}, judge, start, [&](const std::string& method, const Attempt& attempt) {
    judge.add_rows(result.rows, method, attempt.samples, attempt.count(), attempt.seconds);
    result.rows.push_back({method, "share_on_the_squares", inside(attempt.samples), none, 1, attempt.count(), attempt.seconds});
    add_set(result, method, attempt.samples);
    if (method != "data redrawn") figure.panels.push_back({.title = method, .plane = attempt.samples});
  });
  result.figures.push_back(std::move(figure));
  result.remarks.push_back(fmt::format("Share of the particles on the squares: {:.3f} (start {:.3f}).", mean["share"], inside(start)));
  return result;
}

}  // namespace kswgd::reproduce
