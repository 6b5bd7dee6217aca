// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "model_check.hpp"

#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "dictionary_file.hpp"

namespace kswgd::io {
namespace {

/// Rules for the numbers of one file.
class Checker {
 public:
  explicit Checker(const std::string& path) : m_path(path) {}

  void agree(bool good, const char* what) const {
    require(good, "io", [&] { return "'" + m_path + "' contradicts itself: " + what + " do not fit the rest"; });
  }
  void number(const char* name, double value, bool good, const char* rule) const {
    require(good, "io", [&] { return unusable(name, text(value), rule); });
  }
  void finite(const char* name, double value) const { number(name, value, std::isfinite(value), "must be finite"); }
  void positive(const char* name, double value) const { number(name, value, std::isfinite(value) && value > 0, "must be positive"); }
  void not_negative(const char* name, double value) const { number(name, value, std::isfinite(value) && value >= 0, "must not be negative"); }

  /// Each element of a vector, View or matrix.
  template <class Values>
  void all_finite(const char* name, const Values& values) const {
    each(
        name, values, [](double value) { return std::isfinite(value); }, "every number there must be finite");
  }
  template <class Values>
  void all_positive(const char* name, const Values& values) const {
    each(
        name, values, [](double value) { return std::isfinite(value) && value > 0; }, "every number there must be positive");
  }
  template <class Values>
  void all_not_negative(const char* name, const Values& values) const {
    each(
        name, values, [](double value) { return std::isfinite(value) && value >= 0; }, "no number there may be negative");
  }

 private:
  static std::string text(double value) {
    char number[32];
    std::snprintf(number, sizeof number, "%.6g", value);
    return number;
  }
  std::string unusable(const char* name, const std::string& what, const char* rule) const {
    return "'" + m_path + "' is no usable model: " + name + " has " + what + ", and " + rule + "; fit the model again";
  }
  template <class Values, class Rule>
  void each(const char* name, const Values& values, Rule&& good, const char* rule) const {
    const std::size_t count = values.size();
    for (std::size_t i = 0; i < count; ++i)
      require(good(values.data()[i]), "io",
              [&] { return unusable(name, text(values.data()[i]) + " (element " + std::to_string(i) + " of " + std::to_string(count) + ")", rule); });
  }

  const std::string& m_path;
};

void check_units(const Checker& check, const ModelData& model) {
  const Normalisation& unit = model.frame.normalisation;
  const Index d = unit.dimension();
  check.agree(d > 0 && static_cast<Index>(unit.covariance.size()) == d * d && static_cast<Index>(unit.constant.size()) == d, "the units");
  check.agree(model.frame.geometry.factors.empty() || model.frame.geometry.embedded_dimension(model.dimension()) == d, "the geometry");
  check.all_finite("/normalisation/mean", unit.mean);
  check.all_finite("/normalisation/covariance", unit.covariance);
  for (Index k = 0; k < d; ++k) check.not_negative("the diagonal of /normalisation/covariance", unit.covariance[static_cast<std::size_t>(k * d + k)]);
  check.positive("the scale of /normalisation", unit.scale);
  check.agree(!model.frame.is_mapped() || static_cast<Index>(model.frame.maps.size()) == d, "the maps of the columns");
  if (model.frame.is_mapped()) check.positive("the length of /coordinates", model.frame.length);
  for (const CoordinateMap& map : model.frame.maps) {
    check.positive("/coordinates/factor", map.factor);
    check.all_finite("/coordinates/x", map.x);
    check.all_finite("/coordinates/z", map.z);
    for (const double slope : map.slope) check.positive("/coordinates/slope", slope);
    const auto ascend = [](const std::vector<double>& knots) { return std::adjacent_find(knots.begin(), knots.end(), std::greater_equal<>()) == knots.end(); };
    check.agree(ascend(map.x) && ascend(map.z), "the knots of the columns");
  }
}

void check_marginals(const Checker& check, const ModelData& model) {
  const Marginals& marginals = model.marginals;
  const auto d = static_cast<std::size_t>(model.dimension());
  check.agree(marginals.quantiles.extent(0) == marginals.levels.size() && (marginals.levels.empty() || marginals.quantiles.extent(1) == d) &&
                  (marginals.decimals.empty() || marginals.decimals.size() == d) && (model.columns.empty() || model.columns.size() == d),
              "the columns");
  check.all_finite("/marginals/levels", marginals.levels);
  check.all_finite("/marginals/quantiles", marginals.quantiles);
}

void check_density(const Checker& check, const ModelData& model) {
  const Index d = model.frame.normalisation.dimension(), features = features_of(model.dictionary);
  const auto landmarks = static_cast<Index>(model.density.landmarks.extent(0));
  check.agree(landmarks == 0 || static_cast<Index>(model.density.landmarks.extent(1)) == d, "the landmarks");
  check.all_finite("/levels/landmarks", model.density.landmarks);
  const LevelData* before = nullptr;
  for (const LevelData& level : model.density.levels) {
    check.agree(0 <= level.first_landmark && level.first_landmark <= level.last_landmark && level.last_landmark <= landmarks && level.features >= 1 &&
                    level.features <= features && (!before || (level.last_landmark >= before->last_landmark && level.features >= before->features)),
                "the levels");
    check.not_negative("/levels/width", level.width);
    check.not_negative("/levels/guard", level.guard);
    before = &level;
  }
  const Moments& moments = model.density.moments;
  check.agree(moments.size() == features, "the moments");
  check.all_finite("/moments/gram", moments.gram);
  check.all_finite("/moments/dirichlet", moments.dirichlet);
  for (std::size_t k = 0; k < moments.gram.extent(0); ++k) {
    check.not_negative("the diagonal of /moments/gram", moments.gram(k, k));
    check.not_negative("the diagonal of /moments/dirichlet", moments.dirichlet(k, k));
  }
  check.positive("the weight of /moments", moments.weight);
}

void check_log_density(const Checker& check, const ModelData& model) {
  const LogDensity& learned = model.log_density;
  if (!learned.is_known()) return;
  const auto levels = static_cast<Index>(model.density.levels.size()), features = static_cast<Index>(learned.coefficients.size());
  check.agree(0 <= learned.level && learned.level < levels && model.density.levels[static_cast<std::size_t>(learned.level)].features == features &&
                  (learned.without_fold.extent(1) == 0 || static_cast<Index>(learned.without_fold.extent(0)) == features),
              "the coefficients of the log density");
  check.all_finite("/log_density/coefficients", learned.coefficients);
  check.all_finite("/log_density/without_fold", learned.without_fold);
  check.positive("the regularisation of /log_density", learned.regularisation);
  check.finite("the score of /log_density", learned.held_out);
  check.finite("the score of /log_density", learned.in_sample);
}

void check_spectrum(const Checker& check, const ModelData& model) {
  const Eigenpairs& pairs = model.spectrum.pairs;
  check.agree(static_cast<Index>(pairs.vectors.extent(1)) == pairs.size() && static_cast<Index>(pairs.residuals.extent(0)) == pairs.size() &&
                  (pairs.size() == 0 || static_cast<Index>(pairs.vectors.extent(0)) == model.density.moments.size()),
              "the eigenpairs");
  check.all_finite("/eigenpairs/values", pairs.values);
  check.all_finite("/eigenpairs/vectors", pairs.vectors);
  check.all_not_negative("/eigenpairs/residuals", pairs.residuals);
  check.positive("the unit of /eigenpairs", model.spectrum.unit);
  check.not_negative("the lag time", model.spectrum.lag_time);
  check.agree(model.spectrum.diffusion.empty() || static_cast<Index>(model.spectrum.diffusion.size()) == model.dimension() * model.dimension(),
              "the diffusion matrix");
  check.all_finite("/eigenpairs/diffusion", model.spectrum.diffusion);
  const ReadOut& read_out = model.spectrum.read_out;
  check.agree(read_out.spread.size() == read_out.values.size(), "the corrected eigenvalues");
  check.all_finite("/read_out/values", read_out.values);
  check.all_not_negative("/read_out/spread", read_out.spread);
  check.agree(read_out.level >= -1 && read_out.level < std::max<Index>(1, static_cast<Index>(model.density.levels.size())),
              "the level of the corrected eigenvalues");
}

void check_points(const Checker& check, const ModelData& model) {
  for (const auto& [name, points] : {std::pair("/points/training_subset", &model.training_subset), {"/points/held_out", &model.held_out}}) {
    check.agree(points->extent(0) == 0 || static_cast<Index>(points->extent(1)) == model.dimension(), "the points");
    check.all_finite(name, *points);
  }
  check.not_negative("the number of samples", static_cast<double>(model.provenance.samples));
  check.not_negative("the effective number of samples", model.provenance.effective_samples);
  check.agree(model.held_out_weights.empty() || model.held_out_weights.size() == model.held_out.extent(0), "the weights of the points held out");
  check.all_not_negative("/points/held_out_weights", model.held_out_weights);
}

void check_rows(const Checker& check, const FittedRows& rows) {
  check.agree(rows.size >= 0 && rows.stride >= 1 && (rows.weights.empty() || static_cast<Index>(rows.weights.size()) == rows.size), "the rows' weights");
  check.all_not_negative("/rows/weights", rows.weights);
  check.agree(std::isfinite(rows.dt) && (rows.dt >= 0 || rows.dt == -1), "the time between the rows");
}

}  // namespace

void check_model(const ModelData& model, const std::string& path) {
  const Checker check(path);
  check_units(check, model);
  check_density(check, model);
  check_log_density(check, model);
  check_spectrum(check, model);
  check_points(check, model);
  check_marginals(check, model);
  check_rows(check, model.provenance.rows);
}

}  // namespace kswgd::io
