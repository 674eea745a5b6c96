# %% [markdown]
# # Compare two populations
#
# Do two cell types rely on the same groups of conductances? ionfo ships sampled populations of
# two cortical interneurons, `cac` and `bnac`, with one morphology and the same 21 free
# parameters.

# %%
import pandas as pd

import ionfo
from ionfo.analysis import compare_spectra
from ionfo.emodels import bundled_populations

shuffles, bootstrap = 20, 20
target = "Step_300.soma.v.mean_frequency"

# %%
populations = {
    name: ionfo.read_population(bundled_populations(name)[0]) for name in ("cac", "bnac")
}
populations["cac"]

# %% [markdown]
# Each population is analysed on its own, with its own effective sample size and its own shuffles.

# %%
findings = {
    name: ionfo.analyse(
        one, targets=[target], shuffles=shuffles, bootstrap=bootstrap, permutations=50
    )
    for name, one in populations.items()
}
findings["cac"]

# %% [markdown]
# The lowest corrected O-information of every order stands beside its 95 % band. Where the bands
# overlap, the populations cannot be told apart at that order.

# %%
curves = pd.concat({name: one.o_information for name, one in findings.items()}, names=["cell"])
lowest = curves[curves["statistic"] == "min"].reset_index("cell").set_index("order")
axes = None
for cell, part in lowest.groupby("cell"):
    axes = part["corrected_nats"].plot(label=cell, ax=axes, legend=True, ylabel="lowest (nats)")
    axes.fill_between(
        part.index, part["confidence_low_nats"], part["confidence_high_nats"], alpha=0.3
    )

# %% [markdown]
# The modules are the sets that tell most about a feature in synergy. Their overlap (Jaccard) says
# how far the two types rely on the same conductances, beside the overlap that chance gives.

# %%
spectra = [one.answers[1].spectrum for one in findings.values()]
compared = compare_spectra(*spectra, n_variables=21)
overlap = {"modules": compared.overlap_lowest, "by chance": compared.overlap_by_chance}
pd.DataFrame(overlap, index=compared.order).plot(xlabel="order", ylabel="overlap")
