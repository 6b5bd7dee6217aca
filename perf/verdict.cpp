// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How often the verdict is right: fits by default of laws of many kinds, and samples that were spoiled on purpose.
// usage: kswgd_verdict [good|bad]... [--seeds N]
//
// Bad are: fits of columns in units that differ by factors up to 10^4, with the coordinates as given; fits with four landmarks; the samples of a good fit with
// each column shuffled; a normal law with the mean and the covariance of the data; another law of the same dimension with the data's means and deviations.
// Each is compared with 4000 fresh points of the law, which it should resemble. Bad samples that these do not tell from the law are not counted, nor are those
// that are as near to the law, by the same points, as the samples of a good fit of the same data: of two sets that are alike no test can doubt one alone.
#include "command_line.hpp"
#include "laws.hpp"

#include <algorithm>
#include <cmath>
#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/flow/polish.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/flow/verdict.hpp>
#include <kswgd/model/marginals.hpp>

namespace {

using namespace kswgd;
using Exec = Kokkos::DefaultExecutionSpace;

constexpr Index sizes[] = {300, 1000, 3000}, samples = 2000;

std::vector<perf::Law> all_laws() {
  std::vector<perf::Law> laws(std::begin(perf::shapes), std::end(perf::shapes));
  laws.insert(laws.end(), std::begin(perf::tables), std::end(perf::tables));
  return laws;
}

struct Fitted {
  ModelData model;
  Points<Exec> samples;
  FlowMonitors monitors;
};

/// As the program does it: flow, polish, marginals.
Fitted fit_and_sample(const HostPoints& data, FitOptions<Exec> options, std::uint64_t seed) {
  const Exec exec;
  options.seed = seed;
  options.modes = options.read_out_modes = 0;
  Fitted result{fit_generator(exec, Points<Exec>(to_device(exec, data)), options), {}, {}};
  const Points<Exec> particles = to_device(exec, automatic_start(result.model, samples, seed));
  Flow<Exec> flow(exec, Model<Exec>(exec, result.model));
  result.monitors = flow.run(particles).monitors;
  HostPoints host("samples", particles.extent(0), particles.extent(1));
  Kokkos::deep_copy(host, to_host(exec, particles));
  if (result.model.frame.is_mapped()) match_marginals(result.model, host);
  result.samples = to_device(exec, host);
  return result;
}

TwoSampleTest verdict_on(const Fitted& fitted, const Points<Exec>& points) {
  const Exec exec;
  return check_samples(exec, fitted.model, points, fitted.monitors, held_out_monitors(exec, fitted.model, points));
}

/// What points of the law itself, 4000 that no fit has seen, say of samples. Some that are spoiled on purpose are right all the same (a shuffled law whose
/// columns hardly know each other, four landmarks where quadratic functions are enough), and no verdict should doubt them.
TwoSampleTest truth(const HostPoints& law, const Points<Exec>& points) {
  const Exec exec;
  return two_sample_test<Exec>(exec, points, Points<Exec>(to_device(exec, law)), Reference::unseen);
}

/// Whether samples are no farther from the law than others are, by any number of the test and more than its noise.
bool is_as_near(const TwoSampleTest& samples, const TwoSampleTest& others) {
  return samples.sliced_ratio < 1.1 * others.sliced_ratio && samples.classifier < others.classifier + 2 * others.classifier_error &&
         samples.worst_ks < others.worst_ks + 0.02;
}

struct Count {
  int doubted = 0, all = 0, right = 0, alike = 0, alike_doubted = 0;  // right, alike: not counted
  void add(const char* law, const char* how, Index n, int seed, const TwoSampleTest& test) {
    ++all;
    doubted += !test.is_good();
    std::printf("%-36s %-14s n %4d seed %d  %-8s  sliced %.2f  classifier %.3f (%+.1f errors)  KS %.3f of %.3f\n", law, how, static_cast<int>(n), seed,
                test.verdict(), test.sliced_ratio, test.classifier, (test.classifier - 0.5) / test.classifier_error, test.worst_ks, test.expected_ks);
    std::fflush(stdout);
  }
};

void good(int seeds) {
  Count count;
  int told = 0;
  int which = 0;
  for (int seed = 0; seed < seeds; ++seed)
    for (const perf::Law& law : all_laws()) {
      const Index n = sizes[which++ % std::size(sizes)];
      const Fitted fitted = fit_and_sample(perf::draw(law, n, static_cast<std::uint64_t>(1000 + seed)), {}, static_cast<std::uint64_t>(seed));
      told += !truth(perf::draw(law, 4000, static_cast<std::uint64_t>(2000 + seed)), fitted.samples).is_good();
      count.add(law.name, "good", n, seed, verdict_on(fitted, fitted.samples));
    }
  std::printf("good fits: %d of %d called doubtful; 4000 fresh points tell %d from the law\n", count.doubted, count.all, told);
}

/// points(:, k) = factor_k points(:, k)
void scale_columns(const HostPoints& points, const std::vector<double>& factor) {
  for (std::size_t k = 0; k < factor.size(); ++k)
    for (std::size_t i = 0; i < points.extent(0); ++i) points(i, k) *= factor[k];
}

HostPoints shuffled(const HostPoints& points, std::uint64_t seed) {
  const HostPoints result("shuffled", points.extent(0), points.extent(1));
  for (std::size_t k = 0; k < points.extent(1); ++k) {
    const IndexedRandom random(seed, k);
    std::vector<std::size_t> order(points.extent(0));
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i, i)]);
    for (std::size_t i = 0; i < order.size(); ++i) result(i, k) = points(order[i], k);
  }
  return result;
}

/// Draws of `law` with the means and deviations of the columns of data.
HostPoints disguised(const perf::Law& law, const HostPoints& data, std::uint64_t seed) {
  const HostPoints points = perf::draw(law, samples, seed);
  for (std::size_t k = 0; k < data.extent(1); ++k) {
    const auto moments = [k](const HostPoints& x) {
      double mean = 0, square = 0;
      const auto n = static_cast<double>(x.extent(0));
      for (std::size_t i = 0; i < x.extent(0); ++i) mean += x(i, k) / n;
      for (std::size_t i = 0; i < x.extent(0); ++i) square += (x(i, k) - mean) * (x(i, k) - mean) / n;
      return std::pair(mean, std::sqrt(square));
    };
    const auto [mean, deviation] = moments(points);
    const auto [other_mean, other_deviation] = moments(data);
    for (std::size_t i = 0; i < points.extent(0); ++i) points(i, k) = other_mean + other_deviation / deviation * (points(i, k) - mean);
  }
  return points;
}

void bad(int seeds) {
  const Exec exec;
  Count units, features, columns, normals, others;
  const std::vector<perf::Law> laws = all_laws();
  int which = 0;
  for (int seed = 0; seed < seeds; ++seed)
    for (std::size_t l = 0; l < laws.size(); ++l) {
      const perf::Law& law = laws[l];
      const Index n = sizes[which++ % std::size(sizes)];
      const auto s = static_cast<std::uint64_t>(seed);
      const HostPoints data = perf::draw(law, n, 1000 + s), fresh = perf::draw(law, 4000, 2000 + s);
      // whole: a good fit of the same data, which is made where it is needed.
      const auto judge = [&](Count& count, const char* how, const Fitted& fitted, const Points<Exec>& points, const Fitted* whole) {
        const TwoSampleTest found = truth(fresh, points);
        if (found.is_good()) {
          ++count.right;
          return;
        }
        const Fitted made = whole ? *whole : fit_and_sample(data, {}, s);
        const TwoSampleTest verdict = verdict_on(fitted, points);
        if (is_as_near(found, truth(fresh, made.samples)) && verdict_on(made, made.samples).is_good()) {
          ++count.alike;
          count.alike_doubted += !verdict.is_good();
          return;
        }
        count.add(law.name, how, n, seed, verdict);
      };
      switch ((static_cast<std::size_t>(seed) + l) % 5) {
        case 0: {
          std::vector<double> unit;
          for (int k = 0; k < law.dimension; ++k) unit.push_back(std::pow(10, 4 * IndexedRandom(s, l).uniform(static_cast<std::uint64_t>(k)) - 2));
          unit.front() = 100;
          unit.back() = 0.01;
          scale_columns(data, unit);
          scale_columns(fresh, unit);
          const Fitted fitted = fit_and_sample(data, {.coordinates = Coordinates::given}, s);
          judge(units, "units", fitted, fitted.samples, nullptr);
          break;
        }
        case 1: {
          const Fitted fitted = fit_and_sample(data, {.features = 4}, s);
          judge(features, "features", fitted, fitted.samples, nullptr);
          break;
        }
        case 2: {
          const Fitted fitted = fit_and_sample(data, {}, s);
          HostPoints host("samples", fitted.samples.extent(0), fitted.samples.extent(1));
          Kokkos::deep_copy(host, to_host(exec, fitted.samples));
          judge(columns, "shuffled", fitted, to_device(exec, shuffled(host, s)), &fitted);
          break;
        }
        case 3: {
          const Fitted fitted = fit_and_sample(data, {.coordinates = Coordinates::given}, s);
          judge(normals, "normal", fitted, to_device(exec, normal_start(fitted.model, samples, s)), nullptr);
          break;
        }
        default: {
          const auto other =
              std::find_if(laws.begin(), laws.end(), [&](const perf::Law& one) { return one.dimension == law.dimension && one.name != law.name; });
          if (other == laws.end()) break;
          const Fitted fitted = fit_and_sample(data, {}, s);
          judge(others, "another law", fitted, to_device(exec, disguised(*other, data, 77 + s)), &fitted);
        }
      }
    }
  int doubted = 0, all = 0, alike = 0, alike_doubted = 0;
  for (const auto& [how, count] : {std::pair("units", units), {"features", features}, {"shuffled", columns}, {"normal", normals}, {"another law", others}}) {
    std::printf("bad, %s: %d of %d called doubtful, %d more are as good as a good fit (%d called doubtful), %d more are right\n", how, count.doubted, count.all,
                count.alike, count.alike_doubted, count.right);
    doubted += count.doubted;
    all += count.all;
    alike += count.alike;
    alike_doubted += count.alike_doubted;
  }
  std::printf("bad fits: %d of %d called doubtful; of all that 4000 fresh points tell from the law: %d of %d\n", doubted, all, doubted + alike_doubted,
              all + alike);
}

}  // namespace

int main(int argc, char** argv) { kswgd::perf::run_problems(argc, argv, 7, {{"good", good}, {"bad", bad}}); }
