// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "experiment.hpp"

namespace kswgd::reproduce {

const std::vector<Experiment>& experiments() {
  static const std::vector<Experiment> all = {
      {"circle", "uniform on the unit circle, from 1000 points, particles in a patch", run_circle,
       "on a curve a dozen or two evaluations suffice where Brownian motion has hardly begun."},
      {"sphere", "uniform on the unit sphere, from 2000 points, particles in a patch", run_sphere,
       "the flow stays on the sphere and reaches the error of the data themselves."},
      {"torus", "uniform on an embedded torus, from 800 points, particles in a patch", run_torus,
       "against the fitted points the published figures are bettered many times over; against unseen points nothing can be better than 800 points are."},
      {"checkerboard", "uniform on the squares of a board, from 2000 points and no score", run_checkerboard,
       "a law with edges and no score is no obstacle; what is left between the squares is the width of the finest Gaussians."},
      {"double-well", "tilted double well at 8, 12 and 16 kT, all particles in the minor well", run_double_well,
       "mass crosses a barrier that Langevin dynamics do not cross in a hundred times as many evaluations, and arrives in the data's proportions."},
      {"quadruple-well", "four wells, from one published trajectory of 9,999 pairs and from independent draws", run_quadruple_well,
       "the samples are as good as the data: one trajectory of this length has wrong basin masses, and these are what is learned."},
      {"mueller-brown", "the Mueller-Brown potential at kT = 10, all particles in one basin", run_mueller_brown,
       "curved valleys between basins cost evaluations, not accuracy."},
      {"allen-cahn", "fields of the stochastic Allen-Cahn equation by 8, 16 and 32 principal components, from one phase", run_allen_cahn,
       "components in their natural scale keep the two phases apart; decoded with the variance that was left out, the fields have the law of the "
       "magnetisation."},
      {"molecule", "dihedral angles of alanine dipeptide from molecular dynamics", run_molecule,
       "periodic coordinates need no more than their periods; frames that the fit never saw are matched as well as the simulation matches itself."},
      {"convergence", "chi2 and KL against time at falling temperature: the rate stays, Langevin's falls", run_convergence,
       "the rate does not depend on the spectral gap: what is slow for the dynamics is not slow for the flow."},
      {"feynman-kac", "a process killed at a quadratic rate: its spectrum, and samples of the survivors", run_feynman_kac,
       "the samples of a process that is never killed are enough to learn one that is."},
      {"digits", "8 x 8 images of digits, generated from 30 principal components", run_digits,
       "the law of the components is reached to a tenth above its floor, but generated digits lie further from the training images than unseen ones do, and in "
       "pixels they are no better than a kernel density estimate at the same distance."},
  };
  return all;
}

}  // namespace kswgd::reproduce
