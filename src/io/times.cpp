// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "times.hpp"

#include <kswgd/support/check.hpp>
#include <kswgd/support/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace kswgd::io {
namespace {

constexpr double tolerance = 1e-3;
constexpr double single = 1.1920928955078125e-07;  // 2^-23

std::string text(double value) {
  char number[32];
  std::snprintf(number, sizeof number, "%.9g", value);
  return number;
}

/// How far a step that ends at this time may be from dt.
double allowed(double time, double rounding, double dt) {
  return std::min(tolerance * dt + 2 * rounding * std::abs(time), 0.5 * dt) * (1 + 1e-9);  // the last factor: for the rounding of this comparison
}

}  // namespace

bool same_step(double a, double a_error, double b, double b_error) { return std::abs(a - b) <= tolerance * std::min(a, b) + a_error + b_error; }

Stretches stretches(const std::string& path, const std::string& dataset, const std::vector<double>& times, double rounding, Index stride, double dt) {
  const auto refuse = [&](const std::string& why) { throw InvalidInput("kswgd::io: '" + path + "' " + why); };
  const auto kept = static_cast<Index>((times.size() + static_cast<std::size_t>(stride) - 1) / static_cast<std::size_t>(stride));
  for (std::size_t i = 0; i < times.size(); ++i)
    if (!std::isfinite(times[i])) refuse("has " + text(times[i]) + " in " + dataset + ", row " + std::to_string(i) + " (from 0); every time must be finite");
  if (times.size() < 2) return {{kept}, dt, 0};
  rounding = std::max(rounding, 2.220446049250313e-16);  // integers, too, are doubles here
  if (rounding < single &&
      std::all_of(times.begin(), times.end(), [](double t) { return std::abs(t) < 1e38 && static_cast<double>(static_cast<float>(t)) == t; }))
    rounding = single;

  double largest = std::abs(times[0]);
  std::vector<double> steps;
  for (std::size_t i = 1; i < times.size(); ++i) {
    steps.push_back(times[i] - times[i - 1]);
    largest = std::max(largest, std::abs(times[i]));
    if (steps.back() > 0) continue;
    const double apart = rounding * std::abs(times[i]);
    refuse("has times in " + dataset + " that do not ascend (row " + std::to_string(i) + ", from 0)" +
           (steps.back() == 0 && apart > 1e-12 * std::abs(times[i])
                ? ": numbers of its precision are " + text(apart) +
                      " apart there, and two frames got the same; save times in double precision or counted from 0, or "
                      "give dt instead"
                : ""));
  }

  Stretches result{{}, upper_median(steps), 0};
  const double coarse = rounding * largest;
  if (coarse > 1e-4 * result.dt)  // the median is one of the few steps that the rounding leaves; the mean over the stretches is closer
    for (int pass = 0; pass < 2; ++pass) {
      double sum = 0, regular = 0, gaps = 1;
      for (std::size_t i = 0; i < steps.size(); ++i) {
        if (std::abs(steps[i] - result.dt) > allowed(times[i + 1], rounding, result.dt)) {
          ++gaps;
          continue;
        }
        sum += steps[i];
        ++regular;
      }
      if (regular > 0) {
        result.dt = sum / regular;
        result.error = std::min(coarse, coarse * gaps / regular);
      }
    }
  if (dt > 0 && !same_step(dt, 0, result.dt, result.error)) refuse("has steps of " + text(result.dt) + " in " + dataset + " where dt is " + text(dt));
  if (dt > 0) {
    result.dt = dt;
    result.error = 0;
  }

  // Each kept frame is `stride` steps after the one before it, or a new stretch begins.
  bool gap = true;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double step = i == 0 ? result.dt : steps[i - 1], slack = allowed(times[i], rounding, result.dt);
    if (step < result.dt - slack)
      refuse("has irregular times in " + dataset + ": " + text(step) + " before row " + std::to_string(i) + " (from 0), " + text(result.dt) +
             " before most: resample the frames at equal times");
    gap = gap || step > result.dt + slack;
    if (i % static_cast<std::size_t>(stride) != 0) continue;
    if (gap) result.lengths.push_back(0);
    gap = false;
    ++result.lengths.back();
  }
  return result;
}

}  // namespace kswgd::io
