// SPDX-FileCopyrightText: The kswgd authors
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <kswgd/geometry/collective_variables.hpp>
#include <kswgd/support/check.hpp>

#include <algorithm>
#include <cmath>

namespace kswgd {
namespace {

constexpr char function[] = "collective_variables";

double dot(const double* a, const double* b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// Shortens each edge by sums of the others until none gets shorter: in three dimensions that is Minkowski's reduction.
void reduce(PeriodicBox& box) {
  const int n = box.periodic;
  for (int sweep = 0; sweep < 10000; ++sweep) {
    bool shorter = false;
    for (int i = 0; i < n; ++i) {
      const int j = (i + 1) % 3, l = (i + 2) % 3;
      for (const int other : {j, l}) {
        if (other >= n) continue;
        const double steps = std::round(dot(box.edge[i], box.edge[other]) / dot(box.edge[other], box.edge[other]));
        for (int k = 0; k < 3; ++k) box.edge[i][k] -= steps * box.edge[other][k];
        shorter = shorter || steps != 0;
      }
      for (int a = -1; a <= 1; ++a)
        for (int b = -1; b <= 1; ++b) {
          if ((j >= n && a != 0) || (l >= n && b != 0)) continue;
          double w[3];
          for (int k = 0; k < 3; ++k) w[k] = box.edge[i][k] + (j < n ? a * box.edge[j][k] : 0) + (l < n ? b * box.edge[l][k] : 0);
          if (dot(w, w) >= dot(box.edge[i], box.edge[i]) * (1 - 1e-12)) continue;
          std::copy(w, w + 3, box.edge[i]);
          shorter = true;
        }
    }
    if (!shorter) return;
  }
  throw InvalidInput("kswgd::collective_variables: the edges of the box cannot be reduced: they lie all but in one plane");
}

/// "4-6-8-14".
std::string joined(const std::vector<Index>& atoms) {
  std::string text;
  for (const Index atom : atoms) text += (text.empty() ? "" : "-") + std::to_string(atom);
  return text;
}

}  // namespace

PeriodicBox periodic_box(const std::vector<double>& edges, const std::vector<bool>& periodic) {
  const std::size_t d = periodic.size();
  require(d >= 1 && d <= 3 && edges.size() == d * d, function, [&] {
    return "a box has " + std::to_string(d) + " directions and " + std::to_string(edges.size()) + " numbers of edges; 1 to 3 directions are known";
  });
  PeriodicBox box;
  for (std::size_t i = 0; i < d; ++i) {
    if (!periodic[i]) continue;
    for (std::size_t k = 0; k < d; ++k) {
      require(std::isfinite(edges[i * d + k]), function, [&] { return "a box has an edge of " + std::to_string(edges[i * d + k]); });
      box.edge[box.periodic][k] = edges[i * d + k];
    }
    require(dot(box.edge[box.periodic], box.edge[box.periodic]) > 0, function,
            [&] { return "a periodic box has an edge of length 0 in direction " + std::to_string(i); });
    ++box.periodic;
  }
  if (box.periodic == 0) return box;
  const int n = box.periodic;
  double gram[3][3] = {};
  const auto fill = [&] {
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) gram[i][j] = i < n && j < n ? dot(box.edge[i], box.edge[j]) : (i == j ? 1.0 : 0.0);
    return gram[0][0] * (gram[1][1] * gram[2][2] - gram[1][2] * gram[2][1]) - gram[0][1] * (gram[1][0] * gram[2][2] - gram[1][2] * gram[2][0]) +
           gram[0][2] * (gram[1][0] * gram[2][1] - gram[1][1] * gram[2][0]);
  };
  const double before = fill();
  require(before > 1e-20 * gram[0][0] * gram[1][1] * gram[2][2], function, [] { return std::string("the edges of a periodic box lie in one plane"); });
  reduce(box);
  const double determinant = fill();
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      const int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, e = (i + 2) % 3;
      const double inverse = (gram[a][c] * gram[b][e] - gram[a][e] * gram[b][c]) / determinant;
      for (int k = 0; k < 3; ++k) box.to_cell[i][k] += inverse * box.edge[j][k];
    }
  return box;
}

Index CollectiveVariables::size(Index dimension) const {
  return static_cast<Index>(torsions.size() + distances.size() + angles.size()) + static_cast<Index>(atoms.size()) * dimension;
}

std::vector<std::string> CollectiveVariables::names(Index dimension) const {
  std::vector<std::string> all;
  for (const auto& one : torsions) all.push_back("torsion " + joined(one));
  for (const auto& one : distances) all.push_back("distance " + joined(one));
  for (const auto& one : angles) all.push_back("angle " + joined(one));
  for (const Index atom : atoms)
    for (Index k = 0; k < dimension; ++k) all.push_back(std::string(1, "xyz"[k]) + std::to_string(atom));
  return all;
}

void CollectiveVariables::check(Index count, Index dimension) const {
  require(size(dimension) > 0, function, [] { return std::string("no torsions, distances, angles or atoms were named"); });
  require(dimension >= 1 && dimension <= 3, function, [&] { return "particles have " + std::to_string(dimension) + " coordinates; 1 to 3 are known"; });
  require(dimension == 3 || (torsions.empty() && angles.empty()), function,
          [&] { return "angles and torsions are of particles in three dimensions, and these have " + std::to_string(dimension) + " coordinates"; });
  const auto check_list = [&](const std::vector<Index>& list, const char* what, std::size_t size) {
    require(size == 0 || list.size() == size, function, [&] {
      return std::string("a ") + what + " is of " + std::to_string(size) + " atoms, and " + joined(list) + " names " + std::to_string(list.size());
    });
    for (std::size_t i = 0; i < list.size(); ++i) {
      require(list[i] >= 0 && list[i] < count, function,
              [&] { return "there is no atom " + std::to_string(list[i]) + " among " + std::to_string(count) + " (they are numbered from 0)"; });
      require(std::count(list.begin(), list.end(), list[i]) == 1, function, [&] { return std::string(what) + " " + joined(list) + " names an atom twice"; });
    }
  };
  for (const auto& one : torsions) check_list(one, "torsion", 4);
  for (const auto& one : distances) check_list(one, "distance", 2);
  for (const auto& one : angles) check_list(one, "angle", 3);
  check_list(atoms, "list of atoms", 0);
}

void CollectiveVariables::evaluate(const PeriodicBox& box, const double* positions, Index dimension, Index frame, double* values) const {
  const auto at = [&](Index atom, double* x) {
    for (Index k = 0; k < 3; ++k) x[k] = k < dimension ? positions[atom * dimension + k] : 0;
  };
  const auto undefined = [&](const char* what, const std::vector<Index>& list) {
    throw InvalidInput("kswgd::collective_variables: the " + std::string(what) + " " + joined(list) + " is not defined in frame " + std::to_string(frame) +
                       " (from 0): two of its atoms are in one place, or three on a line");
  };
  double a[3], b[3], c[3], d[3];
  for (const auto& one : torsions) {
    at(one[0], a);
    at(one[1], b);
    at(one[2], c);
    at(one[3], d);
    constexpr double tiny = 1e-12, pi = 3.14159265358979323846;
    for (const double angle : {angle_of(box, a, b, c), angle_of(box, b, c, d)})
      if (!(angle > tiny && angle < pi - tiny)) undefined("torsion", one);
    *values++ = torsion_of(box, a, b, c, d);
  }
  for (const auto& one : distances) {
    at(one[0], a);
    at(one[1], b);
    *values++ = distance_of(box, a, b);
  }
  for (const auto& one : angles) {
    at(one[0], a);
    at(one[1], b);
    at(one[2], c);
    if (!(distance_of(box, a, b) > 0 && distance_of(box, b, c) > 0)) undefined("angle", one);
    *values++ = angle_of(box, a, b, c);
  }
  for (const Index atom : atoms)
    for (Index k = 0; k < dimension; ++k) *values++ = positions[atom * dimension + k];
}

}  // namespace kswgd
