// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"
#include "data_files.hpp"

#include <algorithm>
#include <kswgd/data/data_set.hpp>
#include <kswgd/data/principal_components.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/io/points_file.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/support/statistics.hpp>

// Images of digits, generated in the space of 30 principal components and decoded with the variances that these leave out.
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

}  // namespace

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
