# %% [markdown]
# # Genes beside conductances
#
# Do the genes of ion channels vary together as the conductances of models do? Every conductance
# of an e-model is joined to the genes of its channel, and both tables are measured at the same
# number of rows.

# %%
from pathlib import Path

import numpy as np
import pandas as pd

import ionfo
from ionfo.analysis.figures.beside import curves_beside
from ionfo.analysis.genes.ion_channels import genes_of_conductances
from ionfo.emodels import bundled_populations
from ionfo.studies.beside import BesideSettings, TableSpec, prepare_tables, tables_beside
from ionfo.tables.expression_files import read_expression

shuffles = 50

# %%
file = bundled_populations("l5pc")[0]
joined = genes_of_conductances(list(ionfo.read_population(file).parameters))
genes = sorted({gene for one in joined for gene in one.genes})
pd.DataFrame({one.channel: [one.title, " ".join(one.genes)] for one in joined}).T

# %% [markdown]
# The cells here are simulated so that the page needs no download: counts of independent genes,
# except that half of them follow a common factor. Put your own file in their place (h5ad, CSV,
# Parquet or a 10x folder).

# %%
rng = np.random.default_rng(0)
common = rng.lognormal(0, 0.5, (300, 1)) ** (np.arange(len(genes)) % 2)
counts = pd.DataFrame(rng.poisson(40 * common * rng.lognormal(0, 0.3, common.shape)), columns=genes)
counts.add_prefix("count/").to_csv("cells.csv", index=False)

# %%
settings = BesideSettings(
    genes="conductances", shuffles=shuffles, bootstrap=20, draws=5, permutations=50
)
specs = [TableSpec("models", file), TableSpec("cells", Path("cells.csv"))]
tables = prepare_tables([(spec, read_expression(spec.file)) for spec in specs], settings)
sides = tables_beside(tables, Path("beside"), settings)
curves_beside(sides, "O-information (nats)")

# %% [markdown]
# Compare the means at equal orders, and extremes only each with its own shuffles, because the
# tables have different numbers of variables. The common factor shows as redundancy of the genes.
# A count of transcripts is no conductance: agreement is evidence, equality of numbers is not.
