// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"

#include <kswgd/geometry/geometry.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/systems/systems.hpp>

// Uniform laws on circle, sphere and embedded torus, learned from points, reached from a patch.
namespace kswgd::reproduce {
namespace {

struct Surface {
  std::string system, geometry;
  Index samples, particles;
  std::function<void(const IndexedRandom&, double*)> patch;  // one particle of the start
  std::vector<double> exact;                                 // eigenvalues, with the 0
};

HostPoints start_of(const Surface& surface, Index dimension, std::uint64_t seed) {
  const HostPoints points("kswgd::reproduce::start", surface.particles, dimension);
  std::vector<double> x(static_cast<std::size_t>(dimension));
  for (Index i = 0; i < surface.particles; ++i) {
    surface.patch(IndexedRandom(seed, streams::patch_start + static_cast<std::uint64_t>(i)), x.data());
    for (Index k = 0; k < dimension; ++k) points(i, k) = x[static_cast<std::size_t>(k)];
  }
  return points;
}

/// Total variation between the histograms of the tube's angle, 24 bins.
double angle_variation(const HostPoints& a, const HostPoints& b, double radius) {
  std::vector<double> difference(24, 0.0);
  const auto add = [&](const HostPoints& x, double sign) {
    for (std::size_t i = 0; i < x.extent(0); ++i) {
      const double angle = std::atan2(x(i, 2), std::hypot(x(i, 0), x(i, 1)) - radius) / (2 * M_PI) + 0.5;
      difference[std::min<std::size_t>(23, static_cast<std::size_t>(angle * 24))] += sign / static_cast<double>(x.extent(0));
    }
  };
  add(a, 1);
  add(b, -1);
  double sum = 0;
  for (const double value : difference) sum += std::abs(value) / 2;
  return sum;
}

/// Brownian motion by projected steps: what Langevin dynamics are where the law is uniform.
rivals::Report brownian_motion(const Points<Exec>& x, double step, Index steps, std::uint64_t seed, const std::function<void(const Points<Exec>&)>& retract) {
  const Exec exec;
  const Index n = static_cast<Index>(x.extent(0)), d = static_cast<Index>(x.extent(1));
  const double noise = std::sqrt(2 * step);
  for (Index s = 0; s < steps; ++s) {
    Kokkos::parallel_for(
        "kswgd::reproduce::brownian_motion", index_range(exec, n), KOKKOS_LAMBDA(Index i) {
          const IndexedRandom random(seed, static_cast<std::uint64_t>(i));
          for (Index k = 0; k < d; ++k) x(i, k) += noise * random.normal(static_cast<std::uint64_t>(s * d + k));
        });
    retract(x);
  }
  return {steps};
}

Result run_surface(const Surface& surface, const Settings& settings, const std::vector<Index>& further) {
  const Exec exec;
  Result result;
  const Draw draw = [&](Index n, std::uint64_t seed) { return draw_exact(surface.system, n, 0, seed); };
  const Judge judge(draw(200000, fresh), draw);
  const bool torus = surface.system == "torus";
  const Index d = find_system(surface.system).dimension;
  const GeometryData geometry = parse_geometry(surface.geometry, d);
  const HostPoints start = start_of(surface, d, settings.seed);
  const double none = std::nan("");
  HostPoints data;
  Run first;
  Index budget = 1;
  std::vector<Index> sizes{surface.samples};
  sizes.insert(sizes.end(), further.begin(), further.end());
  for (const Index n : sizes) {
    const Means mean = mean_over_seeds(settings.seed, [&](std::uint64_t seed, Means& means) {
      const HostPoints own = draw(n, seed);
      Run run = run_kswgd(own, start_of(surface, d, seed), seed, seed == settings.seed ? 12 : 0,
                          [&](FitOptions<Exec>& fit, DataSet<Exec>&) { fit.geometry = geometry; });
      const auto fitted = device(own), samples = device(run.samples);
      means.add(run).add("sliced", judge.sliced(run.samples)).add("data", judge.sliced(own)).add("mmd", judge.mmd(run.samples));
      means.add("classifier", judge.classifier(run.samples)).add("fitted_sliced", SlicedWasserstein<Exec>(exec, fitted)(exec, samples));
      means.add("fitted_mmd", mmd(exec, samples, fitted, median_distance(exec, fitted)).value);
      if (torus) means.add("angle", angle_variation(run.samples, own, 2));
      if (seed != settings.seed || n != surface.samples) return;
      data = own;
      first = std::move(run);
    });
    const std::string suffix = n == surface.samples ? "" : fmt::format(", {} points", n);
    result.rows.push_back(mean.row("kswgd", "sliced_wasserstein" + suffix, "sliced", judge.sliced_floor(surface.particles)));
    result.rows.push_back({"data", "sliced_wasserstein" + suffix, mean["data"], none, judge.sliced_floor(surface.particles)});
    if (n != surface.samples) continue;
    budget = mean.evaluations();
    result.rows.push_back(mean.row("kswgd", "mmd", "mmd", judge.mmd_floor(surface.particles)));
    result.rows.push_back(mean.row("kswgd", "classifier_accuracy", "classifier", 0.5));
    result.rows.push_back(mean.row("kswgd", "mmd_to_the_fitted_points", "fitted_mmd", none, torus ? .0337 : none));
    result.rows.push_back(mean.row("kswgd", "sliced_wasserstein_to_the_fitted_points", "fitted_sliced", none, torus ? .0639 : none));
    if (torus) result.rows.push_back(mean.row("kswgd", "angle_total_variation_to_the_fitted_points", "angle", none, .1208));
  }
  add_set(result, "data", data, &first.model, 4);
  add_set(result, "start", start);
  add_set(result, "kswgd", first.samples, &first.model, 4);
  result.figures.push_back(samples_figure(data, start, first.samples, first.model, surface.exact));
  Normalisation unit;
  unit.mean.assign(static_cast<std::size_t>(d), 0.0);
  unit.constant.assign(static_cast<std::size_t>(d), false);
  const Geometry<Exec> shape(exec, geometry, unit);
  const auto retract = [&](const Points<Exec>& x) { shape.retract(exec, x); };
  const Battery battery{.budget = budget, .seed = settings.seed};
  const Take take = [&](const std::string& method, const Attempt& attempt) {
    judge.add_rows(result.rows, method, attempt.samples, attempt.count(), attempt.seconds);
    add_set(result, method, attempt.samples);
  };
  for (const Index factor : {1, 100})
    take(factor == 1 ? "brownian motion" : "brownian motion x100", best_of(judge, {0.05, 0.01, 0.001}, start, [&](double h, const Points<Exec>& x) {
           return brownian_motion(x, h, factor * budget, settings.seed, retract);
         }));
  run_data_rivals(data, battery, judge, start, take, 0, retract);
  return result;
}

/// The unit vector nearest to e_1 plus noise.
void cap(const IndexedRandom& random, double* x, int d) {
  double square = 0;
  for (int k = 0; k < d; ++k) {
    x[k] = (k == 0 ? 1 : 0) + 0.3 * random.normal(static_cast<std::uint64_t>(k));
    square += x[k] * x[k];
  }
  for (int k = 0; k < d; ++k) x[k] /= std::sqrt(square);
}

}  // namespace

Result run_circle(const Settings& settings) {
  return run_surface({"circle", "sphere", 1000, 2000, [](const IndexedRandom& random, double* x) { cap(random, x, 2); }, {0, 1, 1, 4, 4, 9, 9, 16, 16, 25, 25}},
                     settings, {});
}

Result run_sphere(const Settings& settings) {
  return run_surface({"sphere", "sphere", 2000, 2000, [](const IndexedRandom& random, double* x) { cap(random, x, 3); }, {0, 2, 2, 2, 6, 6, 6, 6, 6, 12, 12}},
                     settings, {});
}

Result run_torus(const Settings& settings) {
  const auto patch = [](const IndexedRandom& random, double* x) {
    const double phi = 0.6 * random.uniform(0) - 0.3, theta = M_PI / 2 + 0.6 * random.uniform(1) - 0.3, distance = 2 + 0.8 * std::cos(theta);
    x[0] = distance * std::cos(phi);
    x[1] = distance * std::sin(phi);
    x[2] = 0.8 * std::sin(theta);
  };
  const std::vector<double> exact{0, .25723904, .25723904, .9028444, .9028444, 1.54020005, 1.67753718, 1.80003515, 1.80003515, 1.81398554, 1.81398554};
  Result result = run_surface({"torus", "torus:2,0.8", 800, 2000, patch, exact}, settings, {4000});
  result.remarks.push_back(
      "Published figures are against the fitted points, after 5000 steps; those against points that no fit has seen stand in the other rows.");
  return result;
}

}  // namespace kswgd::reproduce
