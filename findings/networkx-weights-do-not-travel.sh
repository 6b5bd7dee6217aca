#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The same Markov chain (three states, weights 0.9 and 0.1 and so on, a directed NetworkX 3.6.1 graph), its stationary distribution by the PageRank of NetworkX, rustworkx 0.18.1, NetworKit 11.3 and igraph 1.0.0 without
# jumps to speak of.
#
# Expected: 0.37, 0.33, 0.30 from all, to the jumps: each library has a converter from NetworkX, and the graphs come over with their weights.
# Seen:     NetworkX has it. rustworkx, NetworKit and igraph have 0.44, 0.22, 0.33, those of a chain that leaves by each edge with the same probability. igraph and rustworkx keep the weights, as an attribute, and do not
#           look at it unless it is named; NetworKit's nx2nk does not take them over (weightAttr=None), so that every weight is 1. rustworkx.adjacency_matrix is a matrix of ones, too, also of a graph that
#           from_adjacency_matrix made of weights.
# Why it matters: one changes the library for speed, and keeps the names of functions. Populations are plausible, positive and add up to 1; in sparse chains they go with the number of neighbours. Name the weights in each
#           call (weight_fn=, weights=, weightAttr=), and compare once with the left eigenvector.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 networkx==3.6.1 rustworkx==0.18.1 networkit==11.3 igraph==1.0.0
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys

import igraph
import networkit
import networkx
import numpy as np
import rustworkx

transition = np.array([[0.0, 0.9, 0.1], [0.2, 0.0, 0.8], [1.0, 0.0, 0.0]])
values, vectors = np.linalg.eig(transition.T)
stationary = vectors[:, np.argmax(values.real)].real
stationary /= stationary.sum()
even = np.linalg.matrix_power((transition > 0) / (transition > 0).sum(axis=1, keepdims=True), 200)[0]
stay = 0.99999

chain = networkx.from_numpy_array(transition, create_using=networkx.DiGraph)
rust, kit, own = rustworkx.networkx_converter(chain), networkit.nxadapter.nx2nk(chain), igraph.Graph.from_networkx(chain)
kit_weighted = networkit.nxadapter.nx2nk(chain, weightAttr="weight")


def kit_rank(graph):
    rank = networkit.centrality.PageRank(graph, damp=stay, tol=1e-12)
    rank.run()
    return rank.scores()


plain = {
    f"NetworkX {networkx.__version__}": list(networkx.pagerank(chain, alpha=stay, tol=1e-12, max_iter=100000).values()),
    f"rustworkx {rustworkx.__version__}": list(rustworkx.pagerank(rust, alpha=stay, tol=1e-12, max_iter=100000).values()),
    f"NetworKit {networkit.__version__}": kit_rank(kit),
    f"igraph {igraph.__version__}": own.pagerank(damping=stay),
}
named = [
    list(rustworkx.pagerank(rust, alpha=stay, tol=1e-12, max_iter=100000, weight_fn=lambda edge: edge["weight"]).values()),
    kit_rank(kit_weighted),
    own.pagerank(damping=stay, weights="weight"),
]
print(f"left eigenvector {stationary.round(3)}, each edge alike {even.round(3)}")
for name, rank in plain.items():
    print(f"{name}: {np.round(rank, 3)}")
print(f"with weights named: {', '.join(str(np.round(rank, 3)) for rank in named)}")
ones = rustworkx.adjacency_matrix(rustworkx.PyDiGraph.from_adjacency_matrix(transition))
ranks = list(plain.values())
lost = abs(ranks[0] - stationary).max() < 1e-3 and all(abs(np.array(rank) - even).max() < 1e-3 for rank in ranks[1:]) and abs(even - stationary).max() > 0.1
sys.exit(0 if lost and all(abs(np.array(rank) - stationary).max() < 1e-3 for rank in named) and np.array_equal(ones, transition > 0) else 1)
PYTHON
