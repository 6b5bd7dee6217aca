// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include <functional>
#include <kswgd/rivals/rival.hpp>
#include <vector>

/// @file
/// LAWGD (Chewi, Le Gouic, Lu, Maunu, Rigollet 2020) with a known spectrum: what the flow would do if nothing had to be learned.
/// Known spectra are those of separable laws: products of one-dimensional eigenfunctions.

namespace kswgd::rivals {

/// Eigenpairs of L f = -f'' + V' f' (unit diffusion) under exp(-V) on an interval with reflecting ends, on a grid.
struct LineSpectrum {
  double low = 0, high = 0;
  std::vector<double> values;   ///< ascending, the constant's 0 first
  HostMatrix functions;         ///< nodes x modes, orthonormal under the law, last entry of each positive
  std::vector<double> density;  ///< of the law at the nodes
  double mass = 0;              ///< integral of exp(-(V - lowest V)) over the interval
};

/// Finite volumes: <f', f'> by differences with the weight in the middle of each cell, against the weight at the nodes; a
/// symmetric tridiagonal problem, solved by LAPACK. The error of an eigenvalue is of second order in the cell's width.
/// Throws InvalidInput for an empty interval, fewer than 10 cells, more modes than nodes, or a V that is not finite.
LineSpectrum line_spectrum(const std::function<double(double)>& potential, double low, double high, Index cells, Index modes);

struct LawgdOptions {
  Index modes = 100;        ///< products with the smallest eigenvalues, beside the constant
  Index max_steps = 100;    ///< accepted steps
  double step = 0.5;        ///< first step, in the flow's time; then as the flow does: halved until the energy falls (Armijo), grown by 1.5 up to 1
  double tolerance = 0.02;  ///< ends when the energy fell by less than this in 20 accepted steps
};

/// Moves particles (M x d, in place) along -grad sum_k (m_k / lambda_k) phi_k, m_k the particles' mean of phi_k, for the law
/// that is the product of d lines. Energy: 1/2 sum m_k^2 / lambda_k. Points beyond a line's ends see its last value.
/// energies (where given) takes the energy of the start and after each accepted step. Synchronises the instance.
template <ExecutionSpace Exec>
Report lawgd(const Exec& exec, const std::vector<LineSpectrum>& lines, const Points<Exec>& particles, const LawgdOptions& options,
             std::vector<double>* energies = nullptr);

/// Coefficients m_k of the leading products at the particles, and their eigenvalues, ascending, without the constant.
template <ExecutionSpace Exec>
std::vector<std::pair<double, double>> mode_means(const Exec& exec, const std::vector<LineSpectrum>& lines, const Points<Exec>& particles, Index modes);

}  // namespace kswgd::rivals
