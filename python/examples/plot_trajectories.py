# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
Trajectories
============

Time scales with intervals, a check that the process is Markovian at the lag, and a committor.
"""

import numpy as np

import kswgd

# %%
# Four trajectories of a double well, warm enough to cross its barrier; pairs never cross from one to the next.
dt = 0.05
walks = kswgd.datasets.simulate("double-well", 5000, trajectories=4, dt=dt, temperature=0.5, random_state=1)

# %%
# Time scales must not depend on the lag.
found = kswgd.timescales(walks, lags=[1, 2, 4, 8, 16], modes=2, bootstrap=50, dt=dt)
kswgd.plot.timescales(found)
print(np.round(found.timescales[:, 0], 2))

# %%
check = kswgd.chapman_kolmogorov(walks, 8, multiples=4, modes=2, bootstrap=50, dt=dt)
kswgd.plot.chapman_kolmogorov(check)

# %%
# The model at a lag of 8 steps: its slowest time scale, and new points.
model = kswgd.Edmd(lag=8, dt=dt).fit(walks)
print(f"slowest time scale {model.timescales_[1]:.2f}")
assert found.low[3, 0] < model.timescales_[1] < found.high[3, 0]

# %%
# The committor, the probability to reach the right well first, is a question of the density: it is asked of a Generator.
X = np.concatenate(walks)[::5]
law = kswgd.Generator().fit(X)
left, right = X[:, 0] < -0.9, X[:, 0] > 0.9
q = kswgd.committor(law, X, left, right)
print(f"{q.rate:.3f} transitions in a unit of time [{q.low:.3f}, {q.high:.3f}]")
assert q.q[left].mean() < 0.05 < 0.95 < q.q[right].mean()
