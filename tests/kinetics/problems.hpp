// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/support/execution.hpp>
#include <kswgd/support/random.hpp>

#include <cmath>

namespace kswgd::test {

/// `trajectories` of `samples` frames each of dX = -B X dt + sqrt(2) dW, B = ((1, -omega), (omega, 1)), drawn from the exact
/// transition X' = e^{-t} R(omega t) X + sqrt(1 - e^{-2t}) xi, in equilibrium N(0, 1) from the start. Its Koopman eigenvalues are
/// exp(-(k + l) t + i omega (k - l) t). Only the first `d` coordinates are kept (omega = 0, d = 1: Ornstein-Uhlenbeck).
inline HostPoints rotating_frames(Index trajectories, Index samples, double t, double omega, std::uint64_t seed, Index d = 2) {
  const HostPoints frames("frames", trajectories * samples, d);
  const double decay = std::exp(-t), noise = std::sqrt(1 - decay * decay), c = std::cos(omega * t), s = std::sin(omega * t);
  for (Index j = 0; j < trajectories; ++j) {
    const IndexedRandom random(seed, static_cast<std::uint64_t>(j));
    double x = random.normal(0), y = random.normal(1);
    for (Index i = 0; i < samples; ++i) {
      frames(j * samples + i, 0) = x;
      if (d > 1) frames(j * samples + i, 1) = y;
      const auto draw = static_cast<std::uint64_t>(2 * i + 2);
      const double next = decay * (c * x - s * y) + noise * random.normal(draw);
      y = decay * (s * x + c * y) + noise * random.normal(draw + 1);
      x = next;
    }
  }
  return frames;
}

}  // namespace kswgd::test
