#!/usr/bin/env bash
# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# OR-Tools 9.15.6755, SimpleLinearSumAssignment and SimpleMinCostFlow from NumPy arrays of costs that are no integers: distances below 1.
#
# Expected: an error, as for one arc at a time (add_arc_with_cost of a float is a TypeError): the solvers are for integers, and say so in C++.
# Seen:     the calls that take arrays cut the costs towards 0, and capacities and supplies, too: distances below 1 are all 0, every assignment has cost 0, and the one that is returned is just one of them, with the
#           status OPTIMAL. Here the assignment is the dearest, 1.7 where 0.3 is the least; the flow happens to be the other one. No warning.
# Why it matters: matching samples to samples (optimal transport with equal weights) by a fast solver. With data of unit variance the costs are of order 1, so that they are rounded to very few levels and
#           the plan looks like a plan; its cost, worked out from the distances, is an upper bound that nobody questions. Multiply by 1e6 or so and round. SciPy's linear_sum_assignment takes floats.
#
# Exit 0 while this is so, 1 once it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: numpy==2.4.6 scipy==1.17.1 ortools==9.15.6755
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import ortools
from ortools.graph.python import linear_sum_assignment, min_cost_flow
from scipy.optimize import linear_sum_assignment as by_scipy

cost = np.array([[0.9, 0.1], [0.2, 0.8]])
left, right = np.repeat([0, 1], 2), np.tile([0, 1], 2)
totals = {"SciPy": cost[by_scipy(cost)].sum()}
same = True
for name, factor in (("as they are", 1), ("times 1e6, rounded", 1e6)):
    costs = cost.ravel() if factor == 1 else np.round(factor * cost.ravel()).astype(int)
    assignment = linear_sum_assignment.SimpleLinearSumAssignment()
    assignment.add_arcs_with_cost(left, right, costs)
    status = assignment.solve()
    totals[f"assignment {name}"] = sum(cost[i, assignment.right_mate(i)] for i in range(2))
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(left, right + 2, np.ones(4, dtype=int), costs)
    flow.set_nodes_supplies(np.arange(4), np.array([1, 1, -1, -1]))
    same = same and flow.solve() == flow.OPTIMAL and status == assignment.OPTIMAL
    totals[f"flow {name}"] = float(flow.flows(np.arange(4)) @ cost.ravel())
    print(f"OR-Tools {ortools.__version__}, costs {name}: {status}, cost {assignment.optimal_cost()} by its own word")
    same = same and (assignment.optimal_cost() == 0) == (factor == 1)
try:
    linear_sum_assignment.SimpleLinearSumAssignment().add_arc_with_cost(0, 0, 0.9)
    same = False
except TypeError:
    print("one arc with a float: TypeError")
print({name: round(float(total), 6) for name, total in totals.items()})
least = [totals[name] for name in ("SciPy", "assignment times 1e6, rounded", "flow times 1e6, rounded")]
sys.exit(0 if same and np.allclose(least, 0.3) and np.isclose(totals["assignment as they are"], 1.7) else 1)
PYTHON
