// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"

#include <kswgd/model/evaluate.hpp>
#include <kswgd/support/random_streams.hpp>
#include <kswgd/systems/systems.hpp>

// The rate at which the law is reached, at falling temperature: e^{-2t} for chi2 along the flow whatever the barrier, e^{-2 lambda_1 t}
// for Langevin dynamics.
namespace kswgd::reproduce {
namespace {

constexpr Index convergence_samples = 40000, convergence_particles = 20000;
constexpr Index most_evaluations = 10000;
constexpr double longest_step = 0.025, end = 3;

/// V / T, so that Langevin dynamics at temperature 1 have unit diffusion: the clock of lambda_1 here.
struct ColdWell {
  static constexpr int dimension = 2;
  double temperature;
  KOKKOS_FUNCTION double energy(const double* x) const { return QuadrupleWell{}.energy(x) / temperature; }
  KOKKOS_FUNCTION void gradient(const double* x, double* g) const {
    QuadrupleWell{}.gradient(x, g);
    for (int k = 0; k < 2; ++k) g[k] /= temperature;
  }
};

/// The exact law with a fifth of the left side's particles mirrored to the right: chi2 .04, all of it in the slowest mode but little.
HostPoints displaced(double t, std::uint64_t seed) {
  const HostPoints x = draw_exact("quadruple-well", convergence_particles, t, seed);
  for (Index i = 0; i < convergence_particles; ++i)
    if (x(i, 0) < 0 && IndexedRandom(seed, streams::mirror + static_cast<std::uint64_t>(i)).uniform(0) < 0.2) x(i, 0) = -x(i, 0);
  return x;
}

/// One coordinate of the law at temperature t, to where its density has fallen by e^40.
rivals::LineSpectrum line_at(double t) {
  const double end_of_line = std::sqrt(1 + std::sqrt(40 * t)) + 0.2;
  return rivals::line_spectrum([t](double x) { return (x * x - 1) * (x * x - 1) / t; }, -end_of_line, end_of_line, 3000, 10);
}

/// Samples of the law at temperature t. Its barrier is where the slow modes live and where a cold law has no samples: half of
/// these are drawn at temperature 1 and all are weighted, by the exact ratio of the law to the mixture they come from.
struct WeightedSamples {
  HostPoints points;
  std::vector<double> weights;
};

WeightedSamples with_the_barrier(double t, Index n, std::uint64_t seed) {
  const HostPoints cold = draw_exact("quadruple-well", n / 2, t, seed), warm = draw_exact("quadruple-well", n / 2, 1, seed + more + 1);
  const double mass_ratio = std::pow(line_at(t).mass / line_at(1).mass, 2);
  WeightedSamples samples{HostPoints("kswgd::reproduce::weighted_samples", n, 2), {}};
  for (Index i = 0; i < n; ++i) {
    double x[2];
    for (Index k = 0; k < 2; ++k) x[k] = samples.points(i, k) = i % 2 == 0 ? cold(i / 2, k) : warm(i / 2, k);
    const double v = QuadrupleWell{}.energy(x);
    samples.weights.push_back(2 / (1 + std::exp(v / t - v) * mass_ratio));
  }
  return samples;
}

/// KL of the masses on a grid of 8 x 8 cells of equal probability against the law: the part of KL that such cells see.
class CellDivergence {
 public:
  explicit CellDivergence(const rivals::LineSpectrum& line) : m_line(line) {
    double sum = 0;
    const double width = (line.high - line.low) / static_cast<double>(line.density.size() - 1);
    for (const double density : line.density) m_cumulative.push_back(sum += density * width);
  }
  double operator()(const HostPoints& x) const {
    std::vector<double> counts(64, 0.0);
    const auto cell = [&](double at) {
      const double place = (at - m_line.low) / (m_line.high - m_line.low) * static_cast<double>(m_cumulative.size() - 1);
      const double u = m_cumulative[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(m_cumulative.size() - 1)))];
      return static_cast<std::size_t>(std::clamp(u * 8, 0.0, 7.0));
    };
    for (std::size_t i = 0; i < x.extent(0); ++i) counts[cell(x(i, 0)) * 8 + cell(x(i, 1))] += 1 / static_cast<double>(x.extent(0));
    double sum = 0;
    for (const double mass : counts) sum += mass > 0 ? mass * std::log(mass * 64) : 0;
    return sum;
  }

 private:
  rivals::LineSpectrum m_line;
  std::vector<double> m_cumulative;
};

/// Of the logarithm, from a time on, while the curve is above what its particles' noise alone would have; NaN where that leaves too little of it.
double slope(const plot::Curve& curve, double from) {
  const double least = 30.0 / convergence_particles;
  double n = 0, t = 0, y = 0, tt = 0, ty = 0;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (curve.x[i] < from || curve.y[i] < least) continue;
    const double logarithm = std::log(curve.y[i]);
    n += 1;
    t += curve.x[i];
    y += logarithm;
    tt += curve.x[i] * curve.x[i];
    ty += curve.x[i] * logarithm;
  }
  return n > 2 ? (n * ty - t * y) / (n * tt - t * t) : std::nan("");
}

double furthest_move(const HostPoints& from, const HostPoints& to) {
  double furthest = 0;
  for (std::size_t i = 0; i < from.extent(0); ++i) furthest = std::max(furthest, std::hypot(to(i, 0) - from(i, 0), to(i, 1) - from(i, 1)));
  return furthest;
}

ModelData learn(const WeightedSamples& data, std::uint64_t seed) {
  FitOptions<Exec> options;
  options.features = 400;
  options.seed = seed;
  options.modes = 12;
  options.read_out_modes = 0;
  DataSet<Exec> source = make_source(Exec{}, device(data.points));
  if (!data.weights.empty()) source.set_weights(data.weights);
  return fit_generator(Exec{}, source, options);
}

struct Decay {
  plot::Curve chi2, divergence;
  Index evaluations = 0;
  double seconds = 0;
};

/// The flow in continuous time, on the finest level: steps so short that none is cut at the level's width, which the few particles
/// on the barrier would otherwise reach. chi2 of the ten leading learned modes.
Decay follow_flow(const ModelData& fitted, const HostPoints& start, const CellDivergence& divergence) {
  const Exec exec;
  ModelData data = fitted;
  data.density.levels = {fitted.density.levels.back()};
  const Model<Exec> model(exec, data);
  FlowOptions options;
  options.precision = Precision::fp64;
  options.rounds = 1;
  Flow<Exec> flow(exec, model, options);
  const auto x = device(start);
  Decay decay;
  const auto record = [&](double time) {
    const auto phi = to_host(exec, evaluate_eigenfunctions(exec, data, x, false, 11).values);
    double chi2 = 0;
    for (Index k = 1; k < static_cast<Index>(phi.extent(1)); ++k) {
      double mean = 0;
      for (Index i = 0; i < convergence_particles; ++i) mean += phi(i, k) / convergence_particles;
      chi2 += mean * mean;
    }
    decay.chi2.x.push_back(time);
    decay.chi2.y.push_back(chi2);
    decay.divergence.x.push_back(time);
    decay.divergence.y.push_back(divergence(host(x)));
  };
  const double reach = data.density.levels[0].width * data.frame.normalisation.scale / 2;
  FlowState state;
  state.step = 1e-4;
  decay.seconds = timed([&] {
    record(0);
    History history;
    HostPoints before = start;
    double next_record = 0;
    while (state.time < end && state.evaluations < most_evaluations) {
      flow.restore(state, history);
      if (!flow.advance(x)) break;
      const FlowReport report = flow.report();
      const double taken = report.state.time - state.time;
      state.time = report.state.time;
      state.steps = report.state.steps;
      decay.evaluations = state.evaluations = report.state.evaluations;
      const HostPoints now = host(x);
      state.step = std::min({longest_step, 1.5 * taken, taken * reach / furthest_move(before, now)});
      before = now;
      if (state.time < next_record) continue;
      record(state.time);
      next_record = state.time + longest_step / 2;
    }
  });
  return decay;
}

Decay follow_langevin(double t, const std::vector<rivals::LineSpectrum>& lines, const HostPoints& start, const CellDivergence& divergence, std::uint64_t seed) {
  const Exec exec;
  const auto x = device(start);
  Decay decay;
  const double small = 0.005 * t, interval = 0.1;
  const auto record = [&](double time) {
    double chi2 = 0;
    for (const auto& [mean, lambda] : rivals::mode_means(exec, lines, x, 10)) chi2 += mean * mean;
    decay.chi2.x.push_back(time);
    decay.chi2.y.push_back(chi2);
    decay.divergence.x.push_back(time);
    decay.divergence.y.push_back(divergence(host(x)));
  };
  decay.seconds = timed([&] {
    record(0);
    const auto steps = static_cast<Index>(std::lround(interval / small));
    for (int i = 1; i * interval <= end + 1e-9; ++i) {
      decay.evaluations +=
          rivals::ula(exec, ColdWell{t}, x, {.step = interval / static_cast<double>(steps), .steps = steps, .seed = seed + static_cast<std::uint64_t>(i)})
              .evaluations;
      record(i * interval);
    }
  });
  return decay;
}

}  // namespace

Result run_convergence(const Settings& settings) {
  Result result;
  Figure figure{"rates", {}, 4};
  plot::Panel divergences{.title = "KL on 8 x 8 cells of equal mass", .logarithmic = true, .x_label = "time", .y_label = "KL"};
  for (const double t : {1.0, 0.5, 0.25, 0.125}) {
    const auto line = line_at(t);
    const CellDivergence divergence(line);
    const double lambda = line.values[1];
    const HostPoints start = displaced(t, settings.seed + more);
    const double none = std::nan("");
    const auto kswgd = [&](const char* method, const WeightedSamples& data) {
      Decay decay;
      const double seconds = timed([&] { decay = follow_flow(learn(data, settings.seed), start, divergence); });
      // The start is no small displacement: its curve is read from t = 1/2 on.
      const double rate = -slope(decay.chi2, 0.5);
      result.rows.push_back({method, fmt::format("chi2_rate, temperature {}", t), rate, 2, none, decay.evaluations, seconds});
      return std::pair{decay, rate};
    };
    auto followed = kswgd("kswgd", with_the_barrier(t, convergence_samples, settings.seed));
    Decay& flow = followed.first;
    const double rate = followed.second;
    if (t < 1) kswgd("kswgd, samples of the cold law alone", {draw_exact("quadruple-well", convergence_samples, t, settings.seed), {}});
    Decay langevin = follow_langevin(t, {line, line}, start, divergence, settings.seed + 7);
    const double slow = -slope(langevin.chi2, 0.1);
    result.rows.push_back({"ula", fmt::format("chi2_rate, temperature {}", t), slow, none, none, langevin.evaluations, langevin.seconds});
    result.rows.push_back({"theory, langevin", fmt::format("chi2_rate, temperature {}", t), 2 * lambda});
    settings.say(fmt::format("temperature {}: KSWGD {:.3f} (theory 2), ULA {:.4f} (theory 2 lambda_1 = {:.4f})", t, rate, slow, 2 * lambda));
    plot::Panel panel{.title = fmt::format("chi2 of ten modes, T = {}", t), .logarithmic = true, .x_label = "time", .y_label = "chi2"};
    const auto theory = [&](double speed, const char* label) {
      return plot::Curve{label, {0, end}, {flow.chi2.y[0], flow.chi2.y[0] * std::exp(-speed * end)}, true};
    };
    flow.chi2.label = "KSWGD";
    langevin.chi2.label = "ULA";
    panel.curves = {flow.chi2, theory(2, "exp(-2 t)"), langevin.chi2, theory(2 * lambda, "exp(-2 lambda_1 t)")};
    figure.panels.push_back(std::move(panel));
    flow.divergence.label = fmt::format("KSWGD, T = {}", t);
    langevin.divergence.label = fmt::format("ULA, T = {}", t);
    divergences.curves.push_back(flow.divergence);
    langevin.divergence.dashed = true;
    divergences.curves.push_back(langevin.divergence);
    if (t == 1) add_set(result, "data", draw_exact("quadruple-well", convergence_samples, t, settings.seed));
    add_set(result, fmt::format("start_temperature_{}", t), start);
  }
  figure.panels.push_back(std::move(divergences));
  figure.columns = 3;
  result.figures.push_back(std::move(figure));
  result.remarks.push_back(
      "Theory: 2 for the flow at every temperature, 2 lambda_1 for Langevin dynamics of unit diffusion. The column `published` holds the theory's 2.");
  return result;
}

}  // namespace kswgd::reproduce
