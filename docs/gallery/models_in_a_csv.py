# %% [markdown]
# # Your own models in a CSV
#
# You have models from somewhere else, a row each in a CSV, and want to know how their
# conductances act together. Here the file is made first: models of `soma` whose conductances vary
# independently by a fifth around the shipped model.

# %%
import numpy as np
import pandas as pd

import ionfo

models, shuffles = 150, 100

# %%
emodel = ionfo.load_emodel("soma")
reference = pd.Series(emodel.reference)
varied = np.random.default_rng(0).uniform(0.8, 1.2, (models, len(reference))) * reference.to_numpy()
pd.DataFrame(varied, columns=reference.index).to_csv("models.csv", index=False)

# %% [markdown]
# `score` simulates every model and returns its features, scores and cost. Leave it out where your
# file holds the features already.

# %%
scored = ionfo.score(emodel, "models.csv", processes=2)
scored[["cost", *scored.filter(like="features/").columns[:4]]].head()

# %% [markdown]
# `analyse` takes the table. O-information says whether groups of conductances are redundant
# (above zero) or synergistic (below). These conductances are independent by construction, so the
# corrected curves must stay within their shuffles; the raw mean lies below zero, which is the
# bias of few rows.

# %%
firing = "Step_220.soma.v.mean_frequency"
findings = ionfo.analyse(scored, targets=[firing], shuffles=shuffles, bootstrap=20)
findings

# %% [markdown]
# The redundancy-synergy index (RSI) asks what groups of conductances tell about a feature.
# Independent conductances that shape one feature tell it in synergy: each is understood only
# beside the others.

# %%
findings.plot_redundancy_synergy().figure

# %% [markdown]
# `findings.report("report")` writes all tables and figures, and a page to explore them.
