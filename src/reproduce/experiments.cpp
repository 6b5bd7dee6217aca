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
       "the flow carries nine tenths of the particles over the barrier and ends with the data's mass in each basin; chains with a hundred times the "
       "evaluations and "
       "Stein descent with five times as many leave most of them where they began."},
      {"quadruple-well", "four wells, from one published trajectory of 9,999 pairs and from independent draws", run_quadruple_well,
       "the samples are as good as the data are: compare each row with that of the data."},
      {"mueller-brown", "the Mueller-Brown potential at kT = 10, all particles in one basin", run_mueller_brown,
       "the basins hold the data's masses to a thousandth where a chain with a hundred times the evaluations is a third of the mass away."},
      {"allen-cahn", "fields of the stochastic Allen-Cahn equation by 8, 16 and 32 principal components, from one phase", run_allen_cahn,
       "the magnetisation of decoded fields has the law of exact draws with 8 components as with 32: what they leave out is noise. Walks that are too short to "
       "forget their phase serve as well once they are weighted."},
      {"allen-cahn-2d", "fields of the stochastic Allen-Cahn equation on 128 x 128 cells by 8 principal components, from one phase", run_allen_cahn_plane,
       "half of the particles end in the phase where none of them began, and the fields look like simulated ones: the components that were left out come back "
       "as noise."},
      {"molecule", "dihedral angles of alanine dipeptide from molecular dynamics", run_molecule,
       "periodic coordinates need no more than their periods; frames that the fit never saw are matched as well as the simulation matches itself."},
      {"convergence", "chi2 and KL against time at falling temperature: the rate stays, Langevin's falls", run_convergence,
       "the rate of chi2 stays at 2 while Langevin's falls with its smallest eigenvalue, by a factor of 160. It takes data on the barrier: where samples of "
       "the cold law have none, half of them drawn warm and weighted show the operator what it is like there. The finest level alone, followed in continuous "
       "time, moves little across a barrier that it has not seen; the coarse levels of the whole method do."},
      {"feynman-kac", "a process killed at a quadratic rate: its spectrum, and samples of the survivors", run_feynman_kac,
       "the ground eigenvalue is within a per cent of its closed form and agrees with path integrals, and survivors are sampled at the error of independent "
       "draws."},
      {"digits", "8 x 8 images of digits, generated from 30 principal components", run_digits,
       "the law of the components is reached to a tenth above its floor, where a kernel density estimate is half above it. In pixels the advantage is "
       "gone: "
       "what was left out comes back as noise that the clipping at 0 bends, and the finest features of the components' law are smoothed, so that generated "
       "digits lie a fifth further from the training images than unseen ones do."},
      {"ink", "the same digits given their sum of ink: conditional draws in 30 components and one more column", run_ink,
       "the sum of ink is a linear function of the components, a direction in which the 31 columns hardly vary: moved along their regression on it, digits "
       "come with the ink that was asked for. Here draws are training digits of about that ink, so moved, and no new shapes: Langevin steps on the learned "
       "density, which is smooth in so many columns, blur them (energy distance 1.48) and are not taken."},
  };
  return all;
}

}  // namespace kswgd::reproduce
