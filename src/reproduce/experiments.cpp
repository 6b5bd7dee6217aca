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
       "compare the mass of the left basin with the data's, for the flow and for each rival, at their evaluations."},
      {"quadruple-well", "four wells, from one published trajectory of 9,999 pairs and from independent draws", run_quadruple_well,
       "the samples are as good as the data are: compare each row with that of the data."},
      {"mueller-brown", "the Mueller-Brown potential at kT = 10, all particles in one basin", run_mueller_brown,
       "compare the flow with the data's own distance, and the evaluations with those of the wells."},
      {"allen-cahn", "fields of the stochastic Allen-Cahn equation by 8, 16 and 32 principal components, from one phase", run_allen_cahn,
       "compare the law of the magnetisation of decoded fields with that of exact draws."},
      {"allen-cahn-2d", "fields of the stochastic Allen-Cahn equation on 128 x 128 cells by 8 principal components, from one phase", run_allen_cahn_plane,
       "compare the share of the lower phase, where no particle started, with that of the fitted fields."},
      {"molecule", "dihedral angles of alanine dipeptide from molecular dynamics", run_molecule,
       "periodic coordinates need no more than their periods; frames that the fit never saw are matched as well as the simulation matches itself."},
      {"convergence", "chi2 and KL against time at falling temperature: the rate stays, Langevin's falls", run_convergence,
       "compare the fitted rate of the leading modes, whose theory is 2 at every temperature, with that of Langevin dynamics."},
      {"feynman-kac", "a process killed at a quadratic rate: its spectrum, and samples of the survivors", run_feynman_kac,
       "compare the ground eigenvalue with its closed form, and the survivors with the law that they have."},
      {"digits", "8 x 8 images of digits, generated from 30 principal components", run_digits,
       "the law of the components is reached to a tenth above its floor, but generated digits lie further from the training images than unseen ones do, and in "
       "pixels they are no better than a kernel density estimate at the same distance."},
  };
  return all;
}

}  // namespace kswgd::reproduce
