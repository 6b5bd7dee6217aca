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
  double value = 0, data_value = 0, kernel = 0, seen = 0, share = 0, seconds = 0, evaluations = 0;
  for (std::uint64_t s = 0; s < seeds; ++s) {
    const HostPoints own = draw(samples, settings.seed + s);
    Run run = run_kswgd(own, start_of(settings.seed + s), settings.seed + s, s == 0 ? 10 : 0);
    value += judge.sliced(run.samples) / seeds;
    data_value += judge.sliced(own) / seeds;
    kernel += judge.mmd(run.samples) / seeds;
    seen += judge.classifier(run.samples) / seeds;
    share += inside(run.samples) / seeds;
    seconds += run.seconds / seeds;
    evaluations += static_cast<double>(run.report.state.evaluations) / seeds;
    if (s > 0) continue;
    data = own;
    first = std::move(run);
  }
  const double none = std::nan("");
  const auto count = static_cast<Index>(std::lround(evaluations));
  result.rows.push_back({"kswgd", "sliced_wasserstein", value, none, judge.sliced_floor(particles), count, seconds});
  result.rows.push_back({"data", "sliced_wasserstein", data_value, none, judge.sliced_floor(particles), -1, none});
  result.rows.push_back({"kswgd", "mmd", kernel, none, judge.mmd_floor(particles), count, seconds});
  result.rows.push_back({"kswgd", "classifier_accuracy", seen, none, 0.5, count, seconds});
  result.rows.push_back({"kswgd", "share_on_the_squares", share, none, 1, count, seconds});
  add_set(result, "data", data, &first.model, 4);
  add_set(result, "start", start);
  add_set(result, "kswgd", first.samples, &first.model, 4);
  result.figures.push_back(samples_figure(data, start, first.samples, first.model));
  Figure figure{"rivals", {}, 4};
  run_data_rivals(data, {.budget = count, .seed = settings.seed}, judge, start, [&](const std::string& method, const Attempt& attempt) {
    const Index of = attempt.evaluations > 0 ? attempt.evaluations : -1;
    judge.add_rows(result.rows, method, attempt.samples, of, attempt.seconds);
    result.rows.push_back({method, "share_on_the_squares", inside(attempt.samples), none, 1, of, attempt.seconds});
    std::string name = method;
    for (char& c : name)
      if (c == ' ' || c == ',') c = '_';
    add_set(result, name, attempt.samples);
    if (method != "data redrawn") figure.panels.push_back({.title = method, .plane = attempt.samples});
  });
  result.figures.push_back(std::move(figure));
  result.remarks.push_back(fmt::format("Share of the particles on the squares: {:.3f} (start {:.3f}).", share, inside(start)));
  return result;
}

}  // namespace kswgd::reproduce
