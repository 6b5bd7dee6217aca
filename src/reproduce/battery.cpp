// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"

#include <kswgd/data/data_set.hpp>
#include <kswgd/support/random_streams.hpp>

namespace kswgd::reproduce {

void run_data_rivals(const HostPoints& data, const Battery& battery, const Judge& judge, const HostPoints& start, const Take& take, double published_epsilon,
                     const std::function<void(const Points<Exec>&)>& retract) {
  const Exec exec;
  constexpr Index most = 1000;
  const Index n = static_cast<Index>(data.extent(0)), m = static_cast<Index>(start.extent(0));
  const HostPoints some = n <= most ? data : rows_of(data, spread_rows(n, most, battery.seed, streams::diffusion_map_rows));
  const auto points = device(some);
  rivals::DiffusionSpectrum<Exec> spectrum, published;
  const Index modes = std::min<Index>(80, static_cast<Index>(some.extent(0)) - 2);
  const double fit_seconds = timed([&] { spectrum = rivals::diffusion_spectrum(exec, points, modes); });
  const auto options = [&](double step, const Points<Exec>& x) {
    rivals::DmpsOptions given{.step = step, .steps = battery.budget};
    if (retract) given.retract = [&retract, x] { retract(x); };
    return given;
  };
  Attempt attempt = best_of(judge, {0.3, 0.1}, start, [&](double h, const Points<Exec>& x) { return rivals::dmps(exec, spectrum, x, options(h, x)); });
  attempt.seconds += fit_seconds;
  take("dmps", attempt);
  if (published_epsilon > 0) published = rivals::diffusion_spectrum(exec, points, modes, published_epsilon);
  const auto& used = published_epsilon > 0 ? published : spectrum;
  // The published step.
  attempt = best_of(judge, {0.05}, start, [&](double h, const Points<Exec>& x) {
    auto given = options(h, x);
    given.least_mu = 0.01;
    return rivals::published_update(exec, used, x, given);
  });
  attempt.seconds += fit_seconds;
  take("published update", attempt);
  for (const bool smooth : {false, true}) {
    Attempt null;
    null.seconds = timed([&] { null.samples = smooth ? rivals::redraw_smoothed(data, m, 1, battery.seed) : rivals::redraw(data, m, battery.seed); });
    take(smooth ? "data redrawn, smoothed" : "data redrawn", null);
  }
}

}  // namespace kswgd::reproduce
