// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/data/data_set.hpp>
#include <kswgd/model/model_data.hpp>

/// @file
/// The law of each column by itself: what a model keeps of it, and samples that are given it.

namespace kswgd {

/// Quantiles and decimal places of each column of the data, by weight: of at most 2^16 rows spread over them, at up to 1024 levels, which are all order
/// statistics where the data are no more (weights as counts), and otherwise dense at both ends. One walk over part of the data. Synchronises the instance.
template <ExecutionSpace Exec>
Marginals marginals_of(const Exec& exec, const DataSet<Exec>& data, std::uint64_t seed = 0);

/// The data's quantile of column k at a level in (0, 1): linear between the levels that are kept, the outermost value beyond them.
double quantile_of(const Marginals& marginals, Index k, double level);

/// Whether a column's values stand on a grid: of at most six decimal places, and a tenth of them or more at a value that others have too.
bool is_gridded(const Marginals& marginals, Index k);

/// Whether samples are given the data's law column by column where nobody asks: where the columns are seen through maps, or one of them stands on a grid.
bool matches_by_default(const ModelData& model);

/// Gives samples (n x d) the data's law column by column: the k-th smallest of n gets the data's quantile at (k + 1/2) / n, k from 0. The order within
/// each column, and so the copula, stays as it is; equal samples go by their row. Columns of a manifold other than Euclidean space are left alone.
/// Throws InvalidInput when the model keeps no quantiles or the dimensions differ. Cost: n log n a column, on the host. With `ranks` the samples are those of
/// all of them, which make the call together; each is told the others' columns, one after the other: n numbers a column.
void match_marginals(const ModelData& model, const HostPoints& samples, const Reduction& ranks = {});

/// Rounds samples to as many decimal places as all values of the data's column have; columns of more than six are left alone.
void round_as_data(const Marginals& marginals, const HostPoints& samples);

}  // namespace kswgd
