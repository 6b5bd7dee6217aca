// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "rows.hpp"

#include <kswgd/estimator/online.hpp>
#include <kswgd/model/learned_potential.hpp>
#include <kswgd/model/model.hpp>
#include <kswgd/model/model_data.hpp>
#include <memory>
#include <optional>

namespace kswgd::python {

/// A fitted model, and what was prepared of it for many calls.
class FittedModel : public Kept {
 public:
  explicit FittedModel(ModelData data, std::optional<OnlineState> state = {}) : m_data(std::move(data)), m_state(std::move(state)) {}

  /// Throws Failure once Kokkos has ended.
  const ModelData& data() const;
  ModelData& data();
  /// What the fit goes on from when more rows come, or nothing.
  const std::optional<OnlineState>& state() const { return m_state; }
  /// The model at work, with all modes: factorised once.
  const Model<Exec>& at_work(const Exec& exec) const;
  /// Its learned density, normalised once. Throws InvalidInput where the model holds none.
  const LearnedPotential<Exec>& potential(const Exec& exec) const;
  void release() override;

 private:
  std::optional<ModelData> m_data;
  std::optional<OnlineState> m_state;
  mutable std::optional<Model<Exec>> m_at_work;
  mutable std::optional<LearnedPotential<Exec>> m_potential;
};

/// The data with the law that the model was fitted to, as the commands of the program take them.
DataSet<Exec> fitted_data(const ModelData& model, const Rows& rows);

}  // namespace kswgd::python
