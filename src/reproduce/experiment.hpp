// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#pragma once

#include "../plot/figure.hpp"

#include <cmath>
#include <functional>
#include <kswgd/io/named_points.hpp>

// What an experiment is, and what it returns: rows of a table, points, pictures.
namespace kswgd::reproduce {

using Exec = Kokkos::DefaultExecutionSpace;

/// One measured number. NaN, or a negative count, where there is none.
struct Row {
  std::string method, metric;
  double value = std::nan("");
  double published = std::nan("");  // by the paper, for this method
  double floor = std::nan("");      // of as many independent draws
  Index evaluations = -1;           // of the velocity or score of all particles, rejected trials included
  double seconds = std::nan("");    // fit included
};

struct Figure {
  std::string name;  // of the PNG, without extension
  std::vector<plot::Panel> panels;
  std::size_t columns = 4;
};

struct Result {
  std::vector<Row> rows;
  std::vector<io::NamedPoints> sets;  // the first is `data`
  std::vector<Figure> figures;
  std::vector<std::string> remarks;  // sentences for people, with figures
};

struct Settings {
  std::uint64_t seed = 0;
  std::string data;  // a file where an experiment reads one; empty: the one that comes with the program
  std::function<void(const std::string&)> say = [](const std::string&) {};
};

struct Experiment {
  std::string name, summary;
  Result (*run)(const Settings&);
  std::string learnt;  // a paragraph for its page in docs/experiments
};

/// All experiments, in the order in which they are listed.
const std::vector<Experiment>& experiments();

Result run_quadruple_well(const Settings& settings);
Result run_double_well(const Settings& settings);
Result run_mueller_brown(const Settings& settings);
Result run_checkerboard(const Settings& settings);
Result run_convergence(const Settings& settings);
Result run_digits(const Settings& settings);
Result run_ink(const Settings& settings);
Result run_allen_cahn(const Settings& settings);
Result run_allen_cahn_plane(const Settings& settings);
Result run_molecule(const Settings& settings);
Result run_circle(const Settings& settings);
Result run_sphere(const Settings& settings);
Result run_torus(const Settings& settings);
Result run_feynman_kac(const Settings& settings);

}  // namespace kswgd::reproduce
