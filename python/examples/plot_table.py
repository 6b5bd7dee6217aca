# SPDX-FileCopyrightText: The kswgd authors
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
A table
=======

Rows like those of a table that scikit-learn ships, in a pipeline.
"""

from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import kswgd

# %%
# Thirteen columns of very different units: standardise them first.
wine = load_wine(as_frame=True)
train, unseen = train_test_split(wine.data, test_size=0.5, random_state=0, stratify=wine.target)
pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), kswgd.Generator(modes=8)).fit(train)
scaler, model = pipeline[0], pipeline[1]

# %%
# New rows, in the table's own units.
new = scaler.inverse_transform(model.sample(len(unseen)))
print({name: round(float(column.mean()), 2) for name, column in zip(train.columns, new.T)})

# %%
# Rows that the fit never saw are the judge.
scores = kswgd.score(model.sample(len(unseen)), scaler.transform(unseen), repeats=4)
print(f"energy distance {scores.energy_distance.value:.3f}, floor {scores.energy_distance.floor:.3f}")
kswgd.plot.corner(model.sample(200), scaler.transform(train), columns=[0, 6, 9, 12])

# %%
# Eigenfunctions are features: the slow ones know the three cultivars, of which they were told nothing.
from sklearn.linear_model import LogisticRegression  # noqa: E402

cultivars = wine.target.loc[train.index], wine.target.loc[unseen.index]
found = LogisticRegression(max_iter=1000).fit(pipeline.transform(train), cultivars[0]).score(pipeline.transform(unseen), cultivars[1])
print(f"{found:.0%} of the unseen wines are told from 8 eigenfunctions")
assert found > 0.7
