// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "common.hpp"

#include <kswgd/metrics/classifier.hpp>
#include <kswgd/model/evaluate.hpp>

#include <algorithm>

namespace kswgd::reproduce {

Points<Exec> device(const HostPoints& points) { return to_device(Exec{}, points); }

HostPoints host(const Points<Exec>& points) { return host_copy(Exec{}, points); }

HostPoints head(const HostPoints& points, Index count) {
  const auto n = std::min<std::size_t>(points.extent(0), static_cast<std::size_t>(count));
  const HostPoints copy("kswgd::reproduce::head", n, points.extent(1));
  Kokkos::deep_copy(copy, Kokkos::subview(points, std::pair<std::size_t, std::size_t>(0, n), Kokkos::ALL));
  return copy;
}

HostPoints rows_of(const HostPoints& points, const std::vector<Index>& rows) {
  const HostPoints copy("kswgd::reproduce::rows", rows.size(), points.extent(1));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t k = 0; k < points.extent(1); ++k) copy(i, k) = points(rows[i], k);
  return copy;
}

HostPoints cloud(Index n, const std::vector<double>& centre, double spread, std::uint64_t seed) {
  const HostPoints points("kswgd::reproduce::cloud", n, centre.size());
  for (Index i = 0; i < n; ++i)
    for (std::size_t k = 0; k < centre.size(); ++k) points(i, k) = centre[k] + spread * IndexedRandom(seed, static_cast<std::uint64_t>(i)).normal(k);
  return points;
}

Run run_kswgd(const HostPoints& data, const HostPoints& start, std::uint64_t seed, Index modes,
              const std::function<void(FitOptions<Exec>&, DataSet<Exec>&)>& adjust) {
  const Exec exec;
  Run run;
  FitOptions<Exec> options;
  options.seed = seed;
  options.modes = modes;
  options.read_out_modes = std::min<Index>(modes, 10);
  run.seconds = timed([&] {
    const Points<Exec> points = device(data);
    auto source = make_source(exec, points);
    if (adjust) adjust(options, source);
    run.model = fit_generator(exec, source, options);
    const Model<Exec> model(exec, run.model);
    Flow<Exec> flow(exec, model);
    const auto particles = device(start);
    run.report = flow.run(particles);
    run.samples = host(particles);
  });
  return run;
}

Judge::Judge(const HostPoints& reference, Draw draw)
    : m_few(head(reference, 5000)),
      m_few_device(device(m_few)),
      m_width(median_distance(Exec{}, m_few_device)),
      m_sliced(Exec{}, device(reference)),
      m_draw(std::move(draw)) {}

double Judge::mmd(const HostPoints& samples) const { return kswgd::mmd(Exec{}, device(head(samples, 5000)), m_few_device, m_width).value; }
double Judge::energy(const HostPoints& samples) const { return energy_distance(Exec{}, device(head(samples, 5000)), m_few_device); }
double Judge::classifier(const HostPoints& samples) const { return classifier_test(Exec{}, device(head(samples, 2000)), m_few_device).accuracy; }

double Judge::sliced_floor(Index count) const {
  for (const auto& [n, floors] : m_floors)
    if (n == count) return floors.first;
  double sliced = 0, kernel = 0;
  for (std::uint64_t r = 0; r < 5; ++r) {
    const HostPoints drawn = m_draw(count, more + r);
    sliced += this->sliced(drawn) / 5;
    kernel += mmd(drawn) / 5;
  }
  m_floors.emplace_back(count, std::pair{sliced, kernel});
  return sliced;
}

double Judge::mmd_floor(Index count) const {
  sliced_floor(count);
  for (const auto& [n, floors] : m_floors)
    if (n == count) return floors.second;
  return std::nan("");
}

void Judge::add_rows(std::vector<Row>& rows, const std::string& method, const HostPoints& samples, Index evaluations, double seconds, double published) const {
  const Index n = static_cast<Index>(samples.extent(0));
  bool finite = true;
  for (std::size_t k = 0; k < samples.extent(1); ++k)
    for (Index i = 0; i < n; ++i) finite = finite && std::isfinite(samples(i, k));
  const double none = std::nan("");
  rows.push_back({method, "sliced_wasserstein", finite ? sliced(samples) : none, published, sliced_floor(n), evaluations, seconds});
  rows.push_back({method, "mmd", finite ? mmd(samples) : none, none, mmd_floor(n), evaluations, seconds});
  rows.push_back({method, "classifier_accuracy", finite ? classifier(samples) : none, none, 0.5, evaluations, seconds});
}

void add_set(Result& result, const std::string& name, const HostPoints& points, const ModelData* model, Index modes) {
  io::NamedPoints set{name, points, {}, {}};
  const Index held = model ? std::min<Index>(modes + 1, model->spectrum.pairs.size()) : 0;
  if (held > 1) {
    const auto values = evaluate_eigenfunctions(Exec{}, *model, device(points), false, held).values;
    set.values = HostMatrix("kswgd::reproduce::eigenfunctions", points.extent(0), held - 1);
    Kokkos::deep_copy(set.values, Kokkos::subview(to_host(Exec{}, values), Kokkos::ALL, Span(1, held)));
    for (Index k = 1; k < held; ++k) set.attributes.push_back("eigenfunction_" + std::to_string(k));
  }
  std::replace_if(
      set.name.begin(), set.name.end(), [](char c) { return c == ' ' || c == ','; }, '_');
  result.sets.push_back(std::move(set));
}

Figure samples_figure(const HostPoints& data, const HostPoints& start, const HostPoints& end, const ModelData& model, const std::vector<double>& exact) {
  Figure figure{"samples", {{.title = "data", .plane = data}, {.title = "start", .plane = start}, {.title = "KSWGD", .plane = end}}, 4};
  if (!model.spectrum.read_out.values.empty()) {
    plot::Panel spectrum{.title = "spectrum", .eigenvalues = {0}, .spread = {0}, .exact = exact};
    spectrum.eigenvalues.insert(spectrum.eigenvalues.end(), model.spectrum.read_out.values.begin(), model.spectrum.read_out.values.end());
    spectrum.spread.insert(spectrum.spread.end(), model.spectrum.read_out.spread.begin(), model.spectrum.read_out.spread.end());
    figure.panels.push_back(std::move(spectrum));
  }
  return figure;
}

}  // namespace kswgd::reproduce
