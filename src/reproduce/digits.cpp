// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"
#include "data_files.hpp"

#include <algorithm>
#include <kswgd/data/point_source.hpp>
#include <kswgd/data/principal_components.hpp>
#include <kswgd/flow/start.hpp>
#include <kswgd/io/points_file.hpp>
#include <numeric>

// Images of digits, generated in the space of 30 principal components and decoded with the variances that these leave out.
namespace kswgd::reproduce {
namespace {

constexpr Index kept = 30;

struct Split {
  HostPoints training, unseen;
};

/// A random part of the rows is never seen by the fit.
Split split(const HostPoints& all, Index unseen, std::uint64_t seed) {
  const Index n = static_cast<Index>(all.extent(0));
  std::vector<Index> rows(static_cast<std::size_t>(n));
  std::iota(rows.begin(), rows.end(), Index{0});
  const IndexedRandom random(seed, 0x73706c6974);
  for (Index i = n - 1; i > 0; --i)
    std::swap(rows[static_cast<std::size_t>(i)], rows[random.below(static_cast<std::uint64_t>(i) + 1, static_cast<std::uint64_t>(i))]);
  return {rows_of(all, {rows.begin() + unseen, rows.end()}), rows_of(all, {rows.begin(), rows.begin() + unseen})};
}

HostPoints pixels(const PrincipalComponents& components, const HostPoints& z, std::uint64_t seed) {
  const HostPoints images = components.decode(z, true, seed);
  for (std::size_t k = 0; k < images.extent(1); ++k)
    for (std::size_t i = 0; i < images.extent(0); ++i) images(i, k) = std::clamp(images(i, k), 0.0, 16.0);
  return images;
}

/// Energy distance of parts of the samples, as large as the unseen set, to it: mean over four parts.
double energy_to(const HostPoints& samples, const HostPoints& unseen, std::uint64_t seed) {
  const Index n = static_cast<Index>(samples.extent(0)), m = std::min<Index>(n, static_cast<Index>(unseen.extent(0)));
  double sum = 0;
  for (std::uint64_t part = 0; part < 4; ++part)
    sum += energy_distance(Exec{}, device(rows_of(samples, spread_rows(n, m, seed + part, 0x70617274))), device(unseen)) / 4;
  return sum;
}

double memorised(const HostPoints& samples, const Split& data) {
  return memorisation_ratio(Exec{}, device(samples), device(data.training), device(data.unseen));
}

/// The kernel density estimate's factor at which its draws are as far from the training points as `ratio` asks for.
HostPoints smoothed_to(const Split& z, Index n, double ratio, std::uint64_t seed, double& factor) {
  double low = 1e-3, high = 4;
  for (int i = 0; i < 30; ++i) {
    factor = std::sqrt(low * high);
    (memorised(rivals::redraw_smoothed(z.training, n, factor, seed), z) < ratio ? low : high) = factor;
  }
  return rivals::redraw_smoothed(z.training, n, factor, seed);
}

}  // namespace

Result run_digits(const Settings& settings) {
  Result result;
  const HostPoints all = io::read_points(data_file("digits.h5", settings.data)).points;
  require(all.extent(0) >= 600 && all.extent(1) == 64, "reproduce", [] { return "digits: /samples must be at least 600 images of 8 x 8"; });
  constexpr Index particles = 1000;
  const double none = std::nan("");
  struct Sums {
    double ratio = 0, latent = 0, latent_floor = 0, pixel = 0, pixel_floor = 0, smooth_pixel = 0, smooth_latent = 0, smooth_ratio = 0, null_ratio = 0,
           null_pixel = 0, start = 0, evaluations = 0, seconds = 0;
  } sum;
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
                      IndexedRandom(seed, 0x6e6f726d00000000 + static_cast<std::uint64_t>(i)).normal(static_cast<std::uint64_t>(k));
    const Run run = run_kswgd(z.training, start, seed, s == 0 ? 10 : 0);
    const HostPoints generated = pixels(components, run.samples, seed);
    const double ratio = memorised(run.samples, z);
    double factor = 1;
    const HostPoints smooth = smoothed_to(z, particles, ratio, seed, factor), smooth_images = pixels(components, smooth, seed);
    const HostPoints null = rivals::redraw(z.training, particles, seed);
    sum.ratio += ratio / seeds;
    sum.latent += energy_to(run.samples, z.unseen, seed) / seeds;
    sum.latent_floor += energy_to(z.training, z.unseen, seed) / seeds;
    sum.pixel += energy_to(generated, images.unseen, seed) / seeds;
    sum.pixel_floor += energy_to(images.training, images.unseen, seed) / seeds;
    sum.smooth_pixel += energy_to(smooth_images, images.unseen, seed) / seeds;
    sum.smooth_latent += energy_to(smooth, z.unseen, seed) / seeds;
    sum.smooth_ratio += memorised(smooth, z) / seeds;
    sum.null_ratio += memorised(null, z) / seeds;
    sum.null_pixel += energy_to(pixels(components, null, seed), images.unseen, seed) / seeds;
    sum.start += energy_to(start, z.unseen, seed) / seeds;
    sum.evaluations += static_cast<double>(run.report.state.evaluations) / seeds;
    sum.seconds += run.seconds / seeds;
    if (s > 0) continue;
    add_set(result, "data", images.training);
    add_set(result, "unseen", images.unseen);
    add_set(result, "kswgd", generated);
    add_set(result, "kernel_density", smooth_images);
    add_set(result, "latent_data", z.training, &run.model, 3);
    add_set(result, "latent_kswgd", run.samples, &run.model, 3);
    const auto sheet = [](const char* title, const HostPoints& points) { return cli::Panel{.title = title, .images = head(points, 64), .image_width = 8}; };
    result.figures.push_back({"sheets",
                              {sheet("unseen digits", images.unseen), sheet("KSWGD", generated), sheet("kernel density, as near to the data", smooth_images),
                               sheet("start", pixels(components, start, seed))},
                              4});
  }
  const auto count = static_cast<Index>(std::lround(sum.evaluations));
  result.rows = {{"kswgd", "memorisation_ratio", sum.ratio, none, 1, count, sum.seconds},
                 {"kswgd", "energy_distance_latent", sum.latent, none, sum.latent_floor, count, sum.seconds},
                 {"kswgd", "energy_distance_pixels", sum.pixel, none, sum.pixel_floor, count, sum.seconds},
                 {"normal start", "energy_distance_latent", sum.start, none, sum.latent_floor},
                 {"kernel density", "memorisation_ratio", sum.smooth_ratio, none, 1},
                 {"kernel density", "energy_distance_latent", sum.smooth_latent, none, sum.latent_floor},
                 {"kernel density", "energy_distance_pixels", sum.smooth_pixel, none, sum.pixel_floor},
                 {"data redrawn", "memorisation_ratio", sum.null_ratio, none, 1},
                 {"data redrawn", "energy_distance_pixels", sum.null_pixel, none, sum.pixel_floor}};
  result.remarks.push_back(fmt::format(
      "Latent energy distance {:.2f} x its floor; in pixels {:.2f} x that of a kernel density estimate whose draws are as near to the training images.",
      sum.latent / sum.latent_floor, sum.pixel / sum.smooth_pixel));
  return result;
}

}  // namespace kswgd::reproduce
