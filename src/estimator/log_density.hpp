// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <kswgd/dictionary/landmarks.hpp>
#include <kswgd/model/model_data.hpp>
#include <kswgd/moments/fold_sums.hpp>

#include <vector>

// The log density of the data from the moments, by score matching (Hyvarinen 2005).
namespace kswgd::detail {

/// The coefficients that minimise E|grad(psi . c) - grad log pi|^2 = c^T D c + 2 c^T E[lap psi] + a constant (by parts), so that
/// c = -(D + rho w I)^{-1} E[lap psi].
///
/// What is returned is a blend of several such fits, of several levels (leading features of the folds' sums) and rho, with the shares, none negative, that
/// minimise J = sum_k [c_k^T D_k c_k / 2 + c_k^T E_k[lap psi]] over the folds k, where c_k was fitted without fold k, and D_k and E_k are its own sums: it is
/// as good as the best of them or better, where the best by J alone was up to 1.4 times worse (Breiman 1996, stacked regressions). Levels are tried from the
/// coarsest until two in a row are worse than the best, or one would cost more than `budget` flops: 7 p^3 each. On each rho climbs in steps of 10 from where
/// the best level had it (on those that cost more than a fifth of the budget it stays there). `unit`: one normalised unit of J in the caller's. level is the
/// finest of the blend, regularisation that of its largest share. Nothing is learned where there are fewer than two folds, or a factorisation fails on every
/// level.
template <ExecutionSpace Exec>
LogDensity learn_log_density(const Exec& exec, const FoldSums<Exec>& folds, const std::vector<LevelData>& levels, double budget, double unit);

}  // namespace kswgd::detail
