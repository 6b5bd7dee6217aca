// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"
#include "data_files.hpp"

#include <algorithm>
#include <kswgd/data/data_set.hpp>
#include <kswgd/data/principal_components.hpp>
#include <kswgd/flow/conditional.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/support/statistics.hpp>
#include <numeric>

// Images of digits, generated in the space of 30 principal components and decoded with the variances that these leave out: all of them, and those with so
// much ink.
namespace kswgd::reproduce {
namespace {

constexpr Index kept = 30;

struct Split {
  HostPoints training, unseen;
};

/// A random part of the rows is never seen by the fit.
Split split(const HostPoints& all, Index unseen, std::uint64_t seed) {
  const std::vector<Index> rows = random_order(static_cast<Index>(all.extent(0)), IndexedRandom(seed, streams::digits_split));
  return {rows_of(all, {rows.begin() + unseen, rows.end()}), rows_of(all, {rows.begin(), rows.begin() + unseen})};
}

void clip(const HostPoints& images) {
  for (std::size_t k = 0; k < images.extent(1); ++k)
    for (std::size_t i = 0; i < images.extent(0); ++i) images(i, k) = std::clamp(images(i, k), 0.0, 16.0);
}

HostPoints pixels(const PrincipalComponents& components, const HostPoints& z, std::uint64_t seed) {
  const HostPoints images = components.decode(z, true, seed);
  clip(images);
  return images;
}

/// Energy distance of parts of the samples, as large as the unseen set, to it: mean over four parts.
double energy_to(const HostPoints& samples, const HostPoints& unseen, std::uint64_t seed) {
  const Index n = static_cast<Index>(samples.extent(0)), m = std::min<Index>(n, static_cast<Index>(unseen.extent(0)));
  double sum = 0;
  for (std::uint64_t part = 0; part < 4; ++part)
    sum += energy_distance(Exec{}, device(rows_of(samples, spread_rows(n, m, seed + part, streams::digits_part))), device(unseen)) / 4;
  return sum;
}

double memorised(const HostPoints& samples, const Split& data) {
  return memorisation_ratio(Exec{}, device(samples), device(data.training), device(data.unseen));
}

/// The factor on a kernel density estimate's width at which its images are as far from the training images as `ratio` asks for.
double width_for(double ratio, const Split& images, const std::function<HostPoints(double factor)>& draw) {
  double low = 1e-3, high = 4;
  for (int i = 0; i < 20; ++i) {
    const double factor = std::sqrt(low * high);
    (memorised(draw(factor), images) < ratio ? low : high) = factor;
  }
  return std::sqrt(low * high);
}

/// One method's figures, under its name.
void add_figures(Means& means, const std::string& method, const HostPoints& images, const HostPoints& z, const Split& all_images, const Split& all_z,
                 std::uint64_t seed) {
  means.add(method + ", memorisation_ratio", memorised(images, all_images))
      .add(method + ", energy_distance_pixels", energy_to(images, all_images.unseen, seed));
  means.add(method + ", memorisation_ratio_latent", memorised(z, all_z)).add(method + ", energy_distance_latent", energy_to(z, all_z.unseen, seed));
}

/// The sum of each image's pixels.
std::vector<double> ink_of(const HostPoints& images) {
  std::vector<double> ink(images.extent(0), 0.0);
  for (std::size_t k = 0; k < images.extent(1); ++k)
    for (std::size_t i = 0; i < ink.size(); ++i) ink[i] += images(i, k);
  return ink;
}

/// The `count` rows whose ink is nearest to this.
std::vector<Index> with_ink(const std::vector<double>& ink, double wanted, Index count) {
  std::vector<Index> rows(ink.size());
  std::iota(rows.begin(), rows.end(), Index{0});
  std::sort(rows.begin(), rows.end(),
            [&](Index a, Index b) { return std::abs(ink[static_cast<std::size_t>(a)] - wanted) < std::abs(ink[static_cast<std::size_t>(b)] - wanted); });
  rows.resize(static_cast<std::size_t>(count));
  return rows;
}

/// The components with the ink beside them.
HostPoints beside(const HostPoints& z, const std::vector<double>& ink) {
  const HostPoints joint("kswgd::reproduce::joint", z.extent(0), z.extent(1) + 1);
  for (std::size_t i = 0; i < z.extent(0); ++i) {
    for (std::size_t k = 0; k < z.extent(1); ++k) joint(i, k) = z(i, k);
    joint(i, z.extent(1)) = ink[i];
  }
  return joint;
}

}  // namespace

Result run_ink(const Settings& settings) {
  Result result;
  const HostPoints all = io::read_points(data_file("digits.h5", settings.data)).points;
  require(all.extent(0) >= 600 && all.extent(1) == 64, "reproduce", [] { return "ink: /samples must be at least 600 images of 8 x 8"; });
  constexpr Index each = 200, unseen_near = 60;
  constexpr double quantiles[] = {0.05, 0.275, 0.5, 0.725, 0.95};
  const Exec exec;
  const Means mean = mean_over_seeds(settings.seed, [&](std::uint64_t seed, Means& means) {
    const Split images = split(all, 400, seed);
    const PrincipalComponents components = principal_components(images.training);
    const Split z{components.encode(images.training, kept), components.encode(images.unseen, kept)};
    const std::vector<double> ink = ink_of(images.training), unseen_ink = ink_of(images.unseen);
    double centre = 0, spread = 0;
    for (const double value : ink) centre += value / static_cast<double>(ink.size());
    for (const double value : ink) spread += (value - centre) * (value - centre) / static_cast<double>(ink.size());
    std::vector<double> sorted = unseen_ink;
    std::sort(sorted.begin(), sorted.end());
    Conditions conditions{{kept}, HostPoints("kswgd::reproduce::ink", std::size(quantiles), 1)};
    for (std::size_t c = 0; c < std::size(quantiles); ++c)
      conditions.values(c, 0) = sorted[static_cast<std::size_t>(quantiles[c] * static_cast<double>(sorted.size()))];
    HostPoints draws;
    const double seconds = timed([&] {
      FitOptions<Exec> options;
      options.seed = seed;
      options.modes = 0;
      const Points<Exec> joint = device(beside(z.training, ink));
      const Model<Exec> model(exec, fit_generator(exec, make_source(exec, joint), options));
      draws = host(conditional_samples(exec, model, conditions, each, {.seed = seed}));
    });
    means.add("seconds", seconds);
    for (std::size_t c = 0; c < std::size(quantiles); ++c) {
      const double wanted = conditions.values(c, 0), share = 1.0 / static_cast<double>(std::size(quantiles));
      std::vector<Index> rows(each);
      std::iota(rows.begin(), rows.end(), static_cast<Index>(c) * each);
      const HostPoints drawn = head(rows_of(draws, rows), each);
      const HostPoints latent(Kokkos::subview(drawn, Kokkos::ALL, Span(0, kept)));
      const HostPoints own("kswgd::reproduce::latent", each, kept);
      Kokkos::deep_copy(own, latent);
      const HostPoints decoded = pixels(components, own, seed);
      const HostPoints near = rows_of(z.unseen, with_ink(unseen_ink, wanted, unseen_near));
      const HostPoints plain = components.decode(own, false);
      double away = 0, away_pixels = 0;
      for (const double value : ink_of(plain)) away += std::pow(value - wanted, 2) / static_cast<double>(each);
      for (const double value : ink_of(decoded)) away_pixels += std::pow(value - wanted, 2) / static_cast<double>(each);
      means.add("ink", std::sqrt(away / spread) * share).add("ink of pixels", std::sqrt(away_pixels / spread) * share);
      if (c == 0 || c + 1 == std::size(quantiles)) {
        const auto distance = [&](const HostPoints& points) { return energy_distance(exec, device(points), device(near)) / 2; };
        means.add("energy", distance(own)).add("alike", distance(rows_of(z.training, with_ink(ink, wanted, each))));
        means.add("any", distance(head(z.training, each)));
      }
      if (seed != settings.seed) continue;
      add_set(result, c == 0 ? "data" : fmt::format("given_{:.0f}", wanted), c == 0 ? images.training : decoded);
      if (c == 0) add_set(result, fmt::format("given_{:.0f}", wanted), decoded);
      if (c == 0) result.figures.push_back({"sheets", {}, std::size(quantiles)});
      result.figures.back().panels.push_back({.title = fmt::format("given ink {:.0f}", wanted), .images = head(decoded, 36), .image_width = 8});
    }
  });
  const double none = std::nan("");
  result.rows.push_back({"kswgd, given the ink", "ink_error", mean["ink"], none, none, -1, mean["seconds"]});
  result.rows.push_back({"kswgd, given the ink", "ink_error_pixels", mean["ink of pixels"], none, none, -1, mean["seconds"]});
  result.rows.push_back({"kswgd, given the ink", "energy_distance_latent", mean["energy"], none, mean["alike"], -1, mean["seconds"]});
  result.rows.push_back({"digits of any ink", "energy_distance_latent", mean["any"], none, mean["alike"]});
  result.remarks.push_back(fmt::format(
      "Digits made of the components have the ink that was given up to {:.2f} of its standard deviation; with the noise of what was left out, cut at "
      "white, up to {:.2f}. Given the lightest and the darkest twentieth, the components' energy distance to the 60 unseen digits with the nearest "
      "ink is {:.3f}; that of the 200 training digits with the nearest ink is {:.3f}, of any 200 {:.3f}.",
      mean["ink"], mean["ink of pixels"], mean["energy"], mean["alike"], mean["any"]));
  return result;
}

Result run_digits(const Settings& settings) {
  Result result;
  const HostPoints all = io::read_points(data_file("digits.h5", settings.data)).points;
  require(all.extent(0) >= 600 && all.extent(1) == 64, "reproduce", [] { return "digits: /samples must be at least 600 images of 8 x 8"; });
  constexpr Index particles = 1000;
  const double none = std::nan("");
  const Means mean = mean_over_seeds(settings.seed, [&](std::uint64_t seed, Means& means) {
    const Split images = split(all, 400, seed);
    const PrincipalComponents components = principal_components(images.training);
    const Split z{components.encode(images.training, kept), components.encode(images.unseen, kept)};
    // The start is N(mean, covariance) of the data, which any fit knows: here from the components.
    HostPoints start("kswgd::reproduce::start", particles, kept);
    for (Index i = 0; i < particles; ++i)
      for (Index k = 0; k < kept; ++k)
        start(i, k) = std::sqrt(components.variances[static_cast<std::size_t>(k)]) *
                      IndexedRandom(seed, streams::normal_noise + static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
    const Run run = run_kswgd(z.training, start, seed, seed == settings.seed ? 10 : 0);
    const HostPoints generated = pixels(components, run.samples, seed), started = pixels(components, start, seed);
    const double ratio = memorised(generated, images);
    const auto smooth_images = [&](double factor) {
      const HostPoints drawn = rivals::redraw_smoothed(images.training, particles, factor, seed);
      clip(drawn);
      return drawn;
    };
    const auto smooth_latent = [&](double factor) { return rivals::redraw_smoothed(z.training, particles, factor, seed); };
    const HostPoints smooth = smooth_images(width_for(ratio, images, smooth_images));
    const HostPoints smooth_z = smooth_latent(width_for(ratio, images, [&](double factor) { return pixels(components, smooth_latent(factor), seed); }));
    const HostPoints null = rivals::redraw(z.training, particles, seed);
    means.add(run).add("latent_floor", energy_to(z.training, z.unseen, seed)).add("pixel_floor", energy_to(images.training, images.unseen, seed));
    add_figures(means, "kswgd", generated, run.samples, images, z, seed);
    add_figures(means, "normal start", started, start, images, z, seed);
    add_figures(means, "kernel density of pixels", smooth, components.encode(smooth, kept), images, z, seed);
    add_figures(means, "kernel density of components", pixels(components, smooth_z, seed), smooth_z, images, z, seed);
    add_figures(means, "data redrawn", pixels(components, null, seed), null, images, z, seed);
    if (seed != settings.seed) return;
    add_set(result, "data", images.training);
    add_set(result, "unseen", images.unseen);
    add_set(result, "kswgd", generated);
    add_set(result, "kernel_density", smooth);
    add_set(result, "latent_data", z.training, &run.model, 3);
    add_set(result, "latent_kswgd", run.samples, &run.model, 3);
    const auto sheet = [](const char* title, const HostPoints& points) { return plot::Panel{.title = title, .images = head(points, 64), .image_width = 8}; };
    result.figures.push_back(
        {"sheets",
         {sheet("unseen digits", images.unseen), sheet("KSWGD", generated), sheet("kernel density, as far from the data", smooth), sheet("start", started)},
         4});
  });
  const double latent_floor = mean["latent_floor"], pixel_floor = mean["pixel_floor"];
  const std::pair<const char*, double> metrics[] = {
      {"memorisation_ratio", 1}, {"energy_distance_pixels", pixel_floor}, {"memorisation_ratio_latent", 1}, {"energy_distance_latent", latent_floor}};
  for (const std::string method : {"kswgd", "normal start", "kernel density of pixels", "kernel density of components", "data redrawn"})
    for (const auto& [metric, floor] : metrics) {
      const std::string figure = method + ", " + metric;
      result.rows.push_back(method == "kswgd" ? mean.row(method, metric, figure, floor) : Row{method, metric, mean[figure], none, floor});
    }
  const auto in_pixels = [&](const std::string& method) { return mean[method + ", energy_distance_pixels"]; };
  result.remarks.push_back(fmt::format(
      "Latent energy distance {:.2f} x its floor; in pixels {:.2f} x that of a kernel density estimate of the images, and {:.2f} x that of one of the "
      "components, whose draws are as far from the training images. The training images' own components, decoded like ours, have {:.3f} in pixels.",
      mean["kswgd, energy_distance_latent"] / latent_floor, in_pixels("kswgd") / in_pixels("kernel density of pixels"),
      in_pixels("kswgd") / in_pixels("kernel density of components"), in_pixels("data redrawn")));
  return result;
}

}  // namespace kswgd::reproduce
