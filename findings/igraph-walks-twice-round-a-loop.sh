#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# python-igraph 1.0.0, NetworkX 3.6.1 and NetworKit 11.3, an undirected graph from a symmetric matrix of counts, most of which lie on the diagonal: strength (weighted degree), stationary distribution (PageRank without
# jumps) and eigenvalues of the random walk's Laplacian.
#
# Expected: the sums of the rows, these sums over their sum, and 1 - the eigenvalues of the transition matrix: the matrix went in, and get_adjacency_sparse gives it back.
# Seen:     igraph counts a loop twice, once for either end: 190, 95, 45 where the rows have 100, 55, 25, a stationary distribution of 0.576, 0.288, 0.136 for 0.556, 0.306, 0.139, and laplacian(normalized="left") of a
#           walk that stays twice as often: 1 - the second eigenvalue is 0.086 where it is 0.158. The same matrix as a directed graph is right, and so is loops="twice". NetworkX has degrees of 190, ... but the right
#           PageRank and Laplacian; NetworKit has 100, 55, 25.
# Why it matters: transition counts and kernel matrices have their weight on the diagonal. Populations are off by some percent, which looks like noise, and every time scale by a factor of two or less. Pass
#           mode="directed", or loops="twice".
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 igraph==1.0.0 networkx==3.6.1 networkit==11.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import igraph
import networkit
import networkx
import numpy as np

warnings.simplefilter("ignore")  # igraph speaks of rounding at a damping of 1
counts = np.array([[90.0, 10.0, 0.0], [10.0, 40.0, 5.0], [0.0, 5.0, 20.0]])
rows = counts.sum(axis=1)
stationary = rows / rows.sum()
slow = 1 - np.sort(np.linalg.eigvals(counts / rows[:, None]).real)[-2]


def of(**options):
    graph = igraph.Graph.Weighted_Adjacency(counts.tolist(), attr="weight", **options)
    laplacian = np.array(graph.laplacian(weights="weight", normalized="left"))
    return np.array(graph.strength(weights="weight")), np.array(graph.pagerank(damping=1.0, weights="weight")), np.sort(np.linalg.eigvals(laplacian).real)[1], graph


strength, walk, gap, graph = of(mode="undirected")
_, walk_directed, gap_directed, _ = of(mode="directed")
_, walk_twice, gap_twice, _ = of(mode="undirected", loops="twice")
print(f"rows {rows}, stationary {stationary.round(3)}, 1 - eigenvalue {slow:.3f}")
print(f"igraph {igraph.__version__}: {strength}, {walk.round(3)}, {gap:.3f}; directed {walk_directed.round(3)}, {gap_directed:.3f}; loops='twice' {walk_twice.round(3)}, {gap_twice:.3f}")
same_matrix = np.array_equal(graph.get_adjacency_sparse("weight").toarray(), counts)

g = networkx.from_numpy_array(counts)
degree = np.array([d for _, d in g.degree(weight="weight")])
rank = np.array(list(networkx.pagerank(g, alpha=0.99999, tol=1e-12, max_iter=1000000).values()))
kit = networkit.nxadapter.nx2nk(g, weightAttr="weight")
degree_kit = np.array([kit.weightedDegree(i) for i in range(3)])
print(f"NetworkX {networkx.__version__}: {degree}, {rank.round(3)}; NetworKit {networkit.__version__}: {degree_kit}")
twice = np.array_equal(strength, rows + np.diag(counts)) and abs(walk - strength / strength.sum()).max() < 1e-9 and abs(walk - stationary).max() > 0.015 and gap < 0.6 * slow
right = abs(walk_directed - stationary).max() < 1e-9 and abs(gap_directed - slow) < 1e-9 and abs(walk_twice - stationary).max() < 1e-9 and abs(gap_twice - slow) < 1e-9
others = np.array_equal(degree, strength) and abs(rank - stationary).max() < 1e-3 and np.array_equal(degree_kit, rows)
sys.exit(0 if same_matrix and twice and right and others else 1)
PYTHON
