// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "battery.hpp"

#include <fftw3.h>
#include <kswgd/data/principal_components.hpp>
#include <kswgd/data/data_set.hpp>
#include <kswgd/support/random_streams.hpp>

#include <memory>

// Fields of the stochastic Allen-Cahn equation on a torus of 128 x 128 cells, in the space of their principal components. A field stands
// for its values times dx: distances are those of L2.
namespace kswgd::reproduce {
namespace {

/// du = (D lap u + a (u - u^3)) dt + sqrt(2 T) / dx dW on the unit torus, semi-implicit: the diffusion by the trapezoidal rule,
/// exact in its invariant law at any step, in Fourier space; the reaction explicit. At this temperature a field stays in its
/// phase, near +1 or -1, for thousands of units of time; fluctuations on the grid make the barrier some 8 T.
struct Plane {
  static constexpr int size = 128, modes = size / 2 + 1;
  static constexpr Index cells = Index{size} * size;
  static constexpr double diffusion = 0.1, reaction = 1, temperature = 0.015, step = 0.02, spacing = 1.0 / size;
};

template <class T>
struct FftwFree {
  void operator()(T* p) const { fftw_free(p); }
};
using Reals = std::unique_ptr<double[], FftwFree<double>>;
using Modes = std::unique_ptr<fftw_complex[], FftwFree<fftw_complex>>;
Reals reals() { return Reals(fftw_alloc_real(static_cast<std::size_t>(Plane::cells))); }
Modes modes() { return Modes(fftw_alloc_complex(static_cast<std::size_t>(Plane::size) * Plane::modes)); }

/// Plans are made once, without measuring: the same input gives the same output. Carrying one out is safe from any thread.
class Transform {
 public:
  Transform() {
    const Reals u = reals();
    const Modes v = modes();
    m_forth = fftw_plan_dft_r2c_2d(Plane::size, Plane::size, u.get(), v.get(), FFTW_ESTIMATE);
    m_back = fftw_plan_dft_c2r_2d(Plane::size, Plane::size, v.get(), u.get(), FFTW_ESTIMATE);
  }
  Transform(const Transform&) = delete;
  Transform& operator=(const Transform&) = delete;
  ~Transform() {
    fftw_destroy_plan(m_forth);
    fftw_destroy_plan(m_back);
  }
  void forth(double* u, fftw_complex* v) const { fftw_execute_dft_r2c(m_forth, u, v); }
  void back(fftw_complex* v, double* u) const { fftw_execute_dft_c2r(m_back, v, u); }

 private:
  fftw_plan m_forth, m_back;
};

/// One walker: `frames` fields, `apart` units of time from one to the next.
void walk(const Transform& transform, std::uint64_t seed, Index walker, Index frames, double apart, const HostPoints& fields) {
  constexpr double pi = 3.14159265358979323846;
  constexpr Index cells = Plane::cells;
  const Reals u = reals(), source = reals();
  const Modes image = modes();
  const double level = walker % 2 == 0 ? 1 : -1;  // the law is even: both phases have the same mass
  std::fill(u.get(), u.get() + cells, level);
  std::vector<double> explicit_part(static_cast<std::size_t>(Plane::size) * Plane::modes), implicit_part(explicit_part.size());
  for (int i = 0; i < Plane::size; ++i)
    for (int j = 0; j < Plane::modes; ++j) {
      const auto wave = [](int k) { return std::pow(2 * std::sin(pi * k / Plane::size) / Plane::spacing, 2); };  // of the lattice
      const double half = 0.5 * Plane::step * Plane::diffusion * (wave(i) + wave(j));
      const auto at = static_cast<std::size_t>(i) * Plane::modes + static_cast<std::size_t>(j);
      implicit_part[at] = 1 / ((1 + half) * static_cast<double>(cells));
      explicit_part[at] = (1 - half) * implicit_part[at];
    }
  const IndexedRandom random(seed, streams::plane_walkers + static_cast<std::uint64_t>(walker));
  const double noise = std::sqrt(2 * Plane::temperature * Plane::step) / Plane::spacing;
  const auto steps = static_cast<Index>(std::lround(apart / Plane::step)), warm = static_cast<Index>(std::lround(8 / Plane::step));
  const Modes state = modes();
  std::uint64_t number = 0;
  for (Index s = 0; s < warm + frames * steps; ++s) {
    for (std::size_t c = 0; c < static_cast<std::size_t>(cells); ++c)
      source[c] = Plane::step * Plane::reaction * u[c] * (1 - u[c] * u[c]) + noise * random.normal(number++);
    transform.forth(u.get(), state.get());
    transform.forth(source.get(), image.get());
    for (std::size_t k = 0; k < implicit_part.size(); ++k)
      for (int part = 0; part < 2; ++part) state[k][part] = explicit_part[k] * state[k][part] + implicit_part[k] * image[k][part];
    transform.back(state.get(), u.get());
    const Index after = s + 1 - warm;
    if (after <= 0 || after % steps != 0) continue;
    const Index row = walker * frames + after / steps - 1;
    for (Index c = 0; c < cells; ++c) fields(row, c) = Plane::spacing * u[static_cast<std::size_t>(c)];
  }
}

/// walkers x frames fields, half of the walkers in each phase.
HostPoints simulate(Index walkers, Index frames, std::uint64_t seed) {
  const HostPoints fields("kswgd::reproduce::fields", walkers * frames, Plane::cells);
  const Transform transform;
  using Host = Kokkos::DefaultHostExecutionSpace;
  const Host exec;
  Kokkos::parallel_for("kswgd::reproduce::plane", Kokkos::RangePolicy<Host, Kokkos::Schedule<Kokkos::Dynamic>, Kokkos::IndexType<Index>>(exec, 0, walkers),
                       [&](Index walker) { walk(transform, seed, walker, frames, 1, fields); });
  exec.fence("kswgd::reproduce::plane: the fields are read on the host");
  return fields;
}

HostPoints plane_magnetisations(const HostPoints& fields) {
  const HostPoints m("kswgd::reproduce::magnetisations", fields.extent(0), 1);
  for (std::size_t c = 0; c < fields.extent(1); ++c)
    for (std::size_t i = 0; i < fields.extent(0); ++i) m(i, 0) += fields(i, c) * Plane::spacing;
  return m;
}

/// Averages over 2 x 2 cells, for a picture.
HostPoints halved(const HostPoints& fields) {
  constexpr Index half = Plane::size / 2;
  const HostPoints coarse("kswgd::reproduce::halved", fields.extent(0), half * half);
  for (std::size_t i = 0; i < fields.extent(0); ++i)
    for (Index y = 0; y < Plane::size; ++y)
      for (Index x = 0; x < Plane::size; ++x) coarse(i, y / 2 * half + x / 2) += fields(i, y * Plane::size + x) / 4;
  return coarse;
}

/// Share of the fields whose magnetisation is negative.
double lower_phase(const HostPoints& fields) {
  const HostPoints m = plane_magnetisations(fields);
  return static_cast<double>(std::count_if(m.data(), m.data() + m.extent(0), [](double value) { return value < 0; })) / static_cast<double>(m.extent(0));
}

}  // namespace

Result run_allen_cahn_plane(const Settings& settings) {
  Result result;
  constexpr Index particles = 1000, walkers = 30, frames = 50, kept = 8;
  const HostPoints fields = simulate(walkers, frames, settings.seed);
  settings.say("1500 fields for the fit");
  const HostPoints unseen = simulate(2 * walkers, frames, fresh + settings.seed);
  const HostPoints independent = simulate(walkers, frames, more + settings.seed);
  settings.say("4500 fields that it never sees");
  const PrincipalComponents components = principal_components(fields);
  const HostPoints z = components.encode(fields, kept), reference = components.encode(unseen, kept);
  const HostPoints start("kswgd::reproduce::start", particles, kept);  // all in the upper phase
  std::vector<Index> upper;
  const HostPoints m = plane_magnetisations(fields);
  for (std::size_t i = 0; i < m.extent(0); ++i)
    if (m(i, 0) > 0) upper.push_back(static_cast<Index>(i));
  for (Index i = 0; i < particles; ++i)
    for (Index k = 0; k < kept; ++k) start(i, k) = z(upper[static_cast<std::size_t>(i) % upper.size()], k);

  const Run run = run_kswgd(z, start, settings.seed, 8);
  const HostPoints decoded = components.decode(run.samples, true, settings.seed);
  const HostPoints floor_fields = components.encode(independent, kept);
  const Judge judge(reference, [&](Index n, std::uint64_t which) {
    const Index all = static_cast<Index>(floor_fields.extent(0));
    return rows_of(floor_fields, spread_rows(all, std::min(n, all), which, 1));
  });
  const double none = std::nan("");
  const Index evaluations = run.report.state.evaluations;
  judge.add_rows(result.rows, "kswgd", run.samples, evaluations, run.seconds);
  judge.add_rows(result.rows, "data", z, -1, none);
  const SlicedWasserstein<Exec> magnetisation(Exec{}, device(plane_magnetisations(unseen)));
  const auto add_field_rows = [&](const std::string& method, const HostPoints& of, Index count) {
    result.rows.push_back({method, "lower_phase", lower_phase(of), none, lower_phase(unseen), count});
    result.rows.push_back({method, "magnetisation_distance", magnetisation(Exec{}, device(plane_magnetisations(of))), none,
                           magnetisation(Exec{}, device(plane_magnetisations(independent))), count});
  };
  add_field_rows("kswgd", decoded, evaluations);
  add_field_rows("data", fields, -1);
  run_data_rivals(z, {.budget = evaluations, .seed = settings.seed}, judge, start, [&](const std::string& method, const Attempt& attempt) {
    judge.add_rows(result.rows, method, attempt.samples, attempt.count(), attempt.seconds);
    result.rows.push_back(
        {method, "lower_phase", lower_phase(components.decode(attempt.samples, true, settings.seed)), none, lower_phase(unseen), attempt.count()});
  });
  add_set(result, "data", z, &run.model, 3);
  add_set(result, "start", start);
  add_set(result, "kswgd", run.samples, &run.model, 3);
  add_set(result, "kswgd_fields", head(decoded, 12));
  const auto sheet = [](const char* title, const HostPoints& of) {
    std::vector<Index> rows;
    for (Index i = 0; i < 4; ++i) rows.push_back(i * (static_cast<Index>(of.extent(0)) / 4));
    return plot::Panel{.title = title, .images = halved(rows_of(of, rows)), .image_width = Plane::size / 2};
  };
  result.figures.push_back({"fields",
                            {sheet("simulated", fields),
                             sheet("KSWGD, 8 components and noise", decoded),
                             {.title = "magnetisation, simulated", .plane = plane_magnetisations(unseen)},
                             {.title = "magnetisation, KSWGD", .plane = plane_magnetisations(decoded)}},
                            4});
  result.remarks.push_back(
      fmt::format("All particles start in the upper phase; the share of the lower one is {:.3f} for the flow after {} evaluations, {:.3f} in the "
                  "fitted fields and {:.3f} in fields it never saw.",
                  lower_phase(decoded), evaluations, lower_phase(fields), lower_phase(unseen)));
  return result;
}

}  // namespace kswgd::reproduce
