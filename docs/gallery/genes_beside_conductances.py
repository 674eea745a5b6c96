# %% [markdown]
# # Genes beside conductances
#
# Do the genes of ion channels vary together as the conductances of models do? Every conductance
# of an e-model is joined to the genes of its channel, and both tables are measured at the same
# number of rows.

# %%
import numpy as np
import pandas as pd

import ionfo
from ionfo.emodels import bundled_populations

shuffles, bootstrap = 50, 20

# %%
channels = ionfo.genes.channels("l5pc")
genes = sorted(set(channels["genes"].explode()))
channels.groupby("channel")[["title", "genes"]].first()

# %% [markdown]
# The cells here are simulated so that the page needs no download: counts of independent genes,
# except that half of them follow a common factor. Put your own file in their place (h5ad, CSV,
# Parquet or a 10x folder).

# %%
rng = np.random.default_rng(0)
common = rng.lognormal(0, 0.5, (300, 1)) ** (np.arange(len(genes)) % 2)
counts = pd.DataFrame(rng.poisson(40 * common * rng.lognormal(0, 0.3, common.shape)), columns=genes)
cells = counts.add_prefix("count/")

# %%
found = ionfo.genes.beside(
    {"models": bundled_populations("l5pc")[0], "cells": cells},
    genes="conductances", shuffles=shuffles, bootstrap=bootstrap, draws=5, permutations=50,
)  # fmt: skip
found

# %% [markdown]
# Compare the means at equal orders, and extremes only each with its own shuffles, because the
# tables have different numbers of variables. The common factor shows as redundancy of the genes.
# A count of transcripts is no conductance: agreement is evidence, equality of numbers is not.
