#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# nanoflann 1.4.3 (Debian 12), k-d tree with SO2_Adaptor, its metric for angles: nearest neighbours of 1.0 among eight angles in [-pi, pi].
#
# Expected: 0.9 and 1.2, at distances 0.1 and 0.2; the shorter way round, as the adaptor's name says.
# Seen:     -2.0 and -1.0, at distances -3 and -2: the difference keeps its sign, so that the nearest neighbour is the one that lies farthest below, by half a turn. With the metric of
#           the line (L1_Adaptor) the same tree finds 0.9 and 1.2.
# Why it matters: dihedral angles are what this metric is for. Neighbours, and all that is built from them (bandwidths by the k-th neighbour, densities, graphs), are
#           taken from the other side of the circle; indices are valid, and distances that nobody prints stay unseen. Embed each angle as (cos, sin) and use L2.
#
# Needs Debian 12 and a C++ compiler. Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet libnanoflann-dev=1.4.3+ds-2 >/dev/null 2>&1
dpkg -x ./*.deb .
cat >near.cpp <<'CPP'
#include <cmath>
#include <cstdio>
#include <vector>

#include <nanoflann.hpp>

struct Angles {
  std::vector<double> at;
  std::size_t kdtree_get_point_count() const { return at.size(); }
  double kdtree_get_pt(std::size_t i, std::size_t) const { return at[i]; }
  template <class Box> bool kdtree_get_bbox(Box &) const { return false; }
};

template <class Metric> std::vector<double> two_nearest(const Angles &angles, double to, const char *name) {
  using Tree = nanoflann::KDTreeSingleIndexAdaptor<Metric, Angles, 1>;
  Tree tree(1, angles, nanoflann::KDTreeSingleIndexAdaptorParams(10));
  tree.buildIndex();
  unsigned index[2];
  double distance[2];
  tree.knnSearch(&to, 2, index, distance);
  std::printf("%s: %g at %g, %g at %g\n", name, angles.at[index[0]], distance[0], angles.at[index[1]], distance[1]);
  return {angles.at[index[0]], angles.at[index[1]]};
}

int main() {
  const Angles angles{{-3.0, -2.0, -1.0, 0.0, 0.9, 1.2, 2.0, 3.0}};
  std::printf("nanoflann %x, nearest to 1.0:\n", NANOFLANN_VERSION);
  const auto circle = two_nearest<nanoflann::SO2_Adaptor<double, Angles>>(angles, 1.0, "SO2_Adaptor");
  const auto line = two_nearest<nanoflann::L1_Adaptor<double, Angles>>(angles, 1.0, "L1_Adaptor");
  return line == std::vector<double>{0.9, 1.2} && circle == std::vector<double>{-2.0, -1.0} ? 0 : 1;
}
CPP
c++ -std=c++17 -w -isystem "$folder/usr/include" near.cpp -o near
./near
