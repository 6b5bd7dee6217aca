// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "experiment.hpp"

#include <kswgd/estimator/generator.hpp>
#include <kswgd/flow/flow.hpp>
#include <kswgd/metrics/distances.hpp>
#include <kswgd/support/random.hpp>
#include <map>

// What the experiments share: the method with its default settings, and how its samples are judged.
namespace kswgd::reproduce {

using Draw = std::function<HostPoints(Index n, std::uint64_t seed)>;

/// Seeds of points that no fit ever sees.
inline constexpr std::uint64_t fresh = 1000003, more = 2000003;
/// Every figure of ours is a mean over this many seeds; rivals run with the first.
inline constexpr std::uint64_t seeds = 3;

Points<Exec> device(const HostPoints& points);
HostPoints host(const Points<Exec>& points);
/// The first (at most) `count` rows.
HostPoints head(const HostPoints& points, Index count);
/// The rows that are listed.
HostPoints rows_of(const HostPoints& points, const std::vector<Index>& rows);
/// n normals of this spread around a centre.
HostPoints cloud(Index n, const std::vector<double>& centre, double spread, std::uint64_t seed);

/// One run of the method: a fit with the default settings, and the flow from the start.
struct Run {
  HostPoints samples;
  ModelData model;
  FlowReport report;
  double seconds = 0;
};
Run run_kswgd(const HostPoints& data, const HostPoints& start, std::uint64_t seed, Index modes = 0,
              const std::function<void(FitOptions<Exec>&, DataSet<Exec>&)>& adjust = {});

/// Named figures, each a mean over the seeds.
class Means {
 public:
  Means& add(const std::string& name, double value) {
    m_means[name] += value / seeds;
    return *this;
  }
  /// What a run took: evaluations and seconds.
  Means& add(Index evaluations, double seconds) { return add("evaluations", static_cast<double>(evaluations)).add("seconds", seconds); }
  Means& add(const Run& run) { return add(run.report.state.evaluations, run.seconds); }
  double operator[](const std::string& name) const { return m_means.at(name); }
  Index evaluations() const { return static_cast<Index>(std::lround(m_means.at("evaluations"))); }
  /// A row of the table: the figure of this name, with what the runs took.
  Row row(const std::string& method, const std::string& metric, const std::string& name, double floor = std::nan(""), double published = std::nan("")) const {
    return {method, metric, m_means.at(name), published, floor, evaluations(), m_means.at("seconds")};
  }

 private:
  std::map<std::string, double> m_means;
};

/// body(seed, means) for each of the seeds from the first on.
template <class Body>
Means mean_over_seeds(std::uint64_t first, const Body& body) {
  Means means;
  for (std::uint64_t s = 0; s < seeds; ++s) body(first + s, means);
  return means;
}

/// Samples against the law, which a large set of fresh points stands for: sliced W2 to all of them, MMD (five widths about
/// the median distance) and classifier against 5000.
class Judge {
 public:
  Judge(const HostPoints& reference, Draw draw);
  double sliced(const HostPoints& samples) const { return m_sliced(Exec{}, device(samples)); }
  double mmd(const HostPoints& samples) const;
  double energy(const HostPoints& samples) const;
  double classifier(const HostPoints& samples) const;
  /// Rows for all of these: each beside its floor, that of as many independent draws (mean of 5).
  void add_rows(std::vector<Row>& rows, const std::string& method, const HostPoints& samples, Index evaluations, double seconds,
                double published = std::nan("")) const;
  double sliced_floor(Index count) const;
  double mmd_floor(Index count) const;

 private:
  HostPoints m_few;
  Points<Exec> m_few_device;
  double m_width;
  SlicedWasserstein<Exec> m_sliced;
  Draw m_draw;
  mutable std::vector<std::pair<Index, std::pair<double, double>>> m_floors;
};

/// Seconds that a piece of work took, its result in the memory of the host or the device.
template <class Work>
double timed(Work&& work) {
  Kokkos::Timer timer;
  work();
  Exec().fence("kswgd::reproduce: timing");
  return timer.seconds();
}

/// Adds a set of points (what a dataset's name cannot hold becomes '_'), with the model's leading eigenfunctions at them where `modes` > 0.
void add_set(Result& result, const std::string& name, const HostPoints& points, const ModelData* model = nullptr, Index modes = 0);

/// A picture of data, start and end, and of the learned spectrum where there is one.
Figure samples_figure(const HostPoints& data, const HostPoints& start, const HostPoints& end, const ModelData& model, const std::vector<double>& exact = {});

}  // namespace kswgd::reproduce
