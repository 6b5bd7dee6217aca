// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "rows.hpp"

#include <kswgd/model/learned_potential.hpp>
#include <kswgd/model/model.hpp>
#include <kswgd/model/model_data.hpp>
#include <memory>
#include <optional>

namespace kswgd::python {

/// A fitted model, and what was prepared of it for many calls.
class FittedModel : public Kept {
 public:
  explicit FittedModel(ModelData data) : m_data(std::move(data)) {}

  /// Throws Failure once Kokkos has ended.
  const ModelData& data() const;
  ModelData& data();
  /// The model at work, with all modes: factorised once.
  const Model<Exec>& at_work(const Exec& exec) const;
  /// Its learned density, normalised once. Throws InvalidInput where the model holds none.
  const LearnedPotential<Exec>& potential(const Exec& exec) const;
  void release() override;

 private:
  std::optional<ModelData> m_data;
  mutable std::optional<Model<Exec>> m_at_work;
  mutable std::optional<LearnedPotential<Exec>> m_potential;
};

/// The data with the law that the model was fitted to, as the commands of the program take them.
DataSet<Exec> fitted_data(const ModelData& model, const Rows& rows);

}  // namespace kswgd::python
