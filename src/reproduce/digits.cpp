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

/// Sums of one method's figures over the seeds.
struct Figures {
  double ratio = 0, pixels = 0, ratio_latent = 0, latent = 0;
  void add(const HostPoints& images, const HostPoints& z, const Split& all_images, const Split& all_z, std::uint64_t seed) {
    ratio += memorised(images, all_images) / seeds;
    pixels += energy_to(images, all_images.unseen, seed) / seeds;
    ratio_latent += memorised(z, all_z) / seeds;
    latent += energy_to(z, all_z.unseen, seed) / seeds;
  }
};

}  // namespace

Result run_digits(const Settings& settings) {
  Result result;
  const HostPoints all = io::read_points(data_file("digits.h5", settings.data)).points;
  require(all.extent(0) >= 600 && all.extent(1) == 64, "reproduce", [] { return "digits: /samples must be at least 600 images of 8 x 8"; });
  constexpr Index particles = 1000;
  const double none = std::nan("");
  Figures ours, latent_density, pixel_density, redrawn, begin;
  double latent_floor = 0, pixel_floor = 0, evaluations = 0, seconds = 0;
  for (std::uint64_t s = 0; s < seeds; ++s) {
    const std::uint64_t seed = settings.seed + s;
    const Split images = split(all, 400, seed);
    const PrincipalComponents components = principal_components(images.training);
    const Split z{components.encode(images.training, kept), components.encode(images.unseen, kept)};
    // The start is N(mean, covariance) of the data, which any fit knows: here from the components.
    HostPoints start("kswgd::reproduce::start", particles, kept);
    for (Index i = 0; i < particles; ++i)
      for (Index k = 0; k < kept; ++k)
        start(i, k) = std::sqrt(components.variances[static_cast<std::size_t>(k)]) *
                      IndexedRandom(seed, streams::normal_noise + static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
    const Run run = run_kswgd(z.training, start, seed, s == 0 ? 10 : 0);
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
    ours.add(generated, run.samples, images, z, seed);
    pixel_density.add(smooth, components.encode(smooth, kept), images, z, seed);
    latent_density.add(pixels(components, smooth_z, seed), smooth_z, images, z, seed);
    redrawn.add(pixels(components, null, seed), null, images, z, seed);
    begin.add(started, start, images, z, seed);
    latent_floor += energy_to(z.training, z.unseen, seed) / seeds;
    pixel_floor += energy_to(images.training, images.unseen, seed) / seeds;
    evaluations += static_cast<double>(run.report.state.evaluations) / seeds;
    seconds += run.seconds / seeds;
    if (s > 0) continue;
    add_set(result, "data", images.training);
    add_set(result, "unseen", images.unseen);
    add_set(result, "kswgd", generated);
    add_set(result, "kernel_density", smooth);
    add_set(result, "latent_data", z.training, &run.model, 3);
    add_set(result, "latent_kswgd", run.samples, &run.model, 3);
    const auto sheet = [](const char* title, const HostPoints& points) { return cli::Panel{.title = title, .images = head(points, 64), .image_width = 8}; };
    result.figures.push_back(
        {"sheets",
         {sheet("unseen digits", images.unseen), sheet("KSWGD", generated), sheet("kernel density, as far from the data", smooth), sheet("start", started)},
         4});
  }
  const auto add = [&](const char* method, const Figures& figures, double count = std::nan(""), double time = std::nan("")) {
    const auto rounded = std::isfinite(count) ? static_cast<Index>(std::lround(count)) : Row{}.evaluations;
    result.rows.push_back({method, "memorisation_ratio", figures.ratio, none, 1, rounded, time});
    result.rows.push_back({method, "energy_distance_pixels", figures.pixels, none, pixel_floor, rounded, time});
    result.rows.push_back({method, "memorisation_ratio_latent", figures.ratio_latent, none, 1, rounded, time});
    result.rows.push_back({method, "energy_distance_latent", figures.latent, none, latent_floor, rounded, time});
  };
  add("kswgd", ours, evaluations, seconds);
  add("normal start", begin);
  add("kernel density of pixels", pixel_density);
  add("kernel density of components", latent_density);
  add("data redrawn", redrawn);
  result.remarks.push_back(fmt::format(
      "Latent energy distance {:.2f} x its floor; in pixels {:.2f} x that of a kernel density estimate of the images, and {:.2f} x that of one of the "
      "components, whose draws are as far from the training images. The training images' own components, decoded like ours, have {:.3f} in pixels.",
      ours.latent / latent_floor, ours.pixels / pixel_density.pixels, ours.pixels / latent_density.pixels, redrawn.pixels));
  return result;
}

}  // namespace kswgd::reproduce
