// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "commands.hpp"

namespace kswgd::cli {

Work declare_simulate(Command& command);
Work declare_features(Command& command);
Work declare_fit(Command& command);
Work declare_train(Command& command);
Work declare_spectrum(Command& command);
Work declare_timescales(Command& command);
Work declare_chapman_kolmogorov(Command& command);
Work declare_koopman(Command& command);
Work declare_vamp(Command& command);
Work declare_reweight(Command& command);
Work declare_committor(Command& command);
Work declare_rates(Command& command);
Work declare_states(Command& command);
Work declare_survival(Command& command);
Work declare_expect(Command& command);
Work declare_evaluate(Command& command);
Work declare_free_energy(Command& command);
Work declare_sample(Command& command);
Work declare_score(Command& command);
Work declare_reproduce(Command& command);
Work declare_plot(Command& command);
Work declare_info(Command& command);
Work declare_bench(Command& command);
Work declare_help(Command& command);

const std::vector<Entry>& command_table() {
  static const std::vector<Entry> table = {
      {"simulate", "trajectories, or exact samples, of a known system", "simulate", declare_simulate},
      {"features", "torsions, distances, angles and coordinates of a molecule's trajectory", "features", declare_features},
      {"fit", "learn the generator of the law behind samples or trajectories", "fit", declare_fit, OnRanks::shared},
      {"train", "train a network as features for fit, without Python", "train", declare_train, OnRanks::first},
      {"spectrum", "eigenvalues, implied timescales and true residuals of a model", "spectrum", declare_spectrum, OnRanks::shared},
      {"evaluate", "eigenfunctions, log density and score at points", "evaluate", declare_evaluate, OnRanks::shared},
      {"free-energy", "the free energy along one or two columns: a table and a picture", "evaluate", declare_free_energy},
      {"sample", "move particles until they are new samples", "sample", declare_sample, OnRanks::shared},
      {"score", "distances of samples to a reference, each beside its i.i.d. floor", "score", declare_score, OnRanks::shared},
      {"timescales", "implied time scales of trajectories against the lag, with intervals", "timescales", declare_timescales, OnRanks::shared},
      {"chapman-kolmogorov", "do the modes of a lag decay as they should over its multiples?", "timescales", declare_chapman_kolmogorov, OnRanks::shared},
      {"koopman", "plain EDMD of trajectories without detailed balance: complex pairs", "timescales", declare_koopman, OnRanks::shared},
      {"vamp", "cross-validated VAMP-2 score of the dictionary's levels", "timescales", declare_vamp, OnRanks::shared},
      {"reweight", "weights that turn short trajectories into the equilibrium law", "timescales", declare_reweight, OnRanks::shared},
      {"committor", "the probability to reach a set B before a set A, and the rate of transitions", "committor", declare_committor},
      {"rates", "rate constants and mean first passage times between two sets, with intervals", "committor", declare_rates},
      {"states", "metastable states: memberships, populations, life times, rates between them", "committor", declare_states},
      {"survival", "survival probability of a process with killing", "committor", declare_survival},
      {"expect", "expectation of an observable forward in time", "committor", declare_expect},
      {"reproduce", "a published experiment with its rivals, beside the published figures", "reproduce", declare_reproduce},
      {"plot", "a picture: points by density, models by spectrum, side by side", "plot", declare_plot},
      {"info", "what a file holds and how it was made", "info", declare_info},
      {"bench", "the machine's ceilings, and what share of them each kernel reaches", "bench", declare_bench, OnRanks::shared},
      {"help", "the options of a command, or every option that names a file", "help", declare_help, OnRanks::first, false},
  };
  return table;
}

}  // namespace kswgd::cli
