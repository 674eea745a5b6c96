# %% [markdown]
# # Sample a cell and judge the chain
#
# Which conductances let a cell fire as it does? The sampler draws models with a probability that
# falls with their cost, the largest distance of a feature from its target in SDs. `soma` is a
# cell of one compartment, so this takes a few minutes; the functions are the same for a pyramidal
# cell on a cluster.

# %%
import ionfo

steps, search, max_cost = 6, 200, 40.0

# %%
emodel = ionfo.load_emodel("soma")
run = ionfo.sample(
    emodel, "run", steps=steps, ensembles=2, start_evaluations=search,
    max_cost=max_cost, temperature=5, processes=2,
)  # fmt: skip
run

# %% [markdown]
# The same call resumes a run that was stopped, and a larger `steps` extends it.
#
# Judge the chain before you use it, by what the run says above and by this table. R-hat compares
# the ensembles, which started in different places: it is near 1 where they agree. A chain shorter
# than 50 autocorrelation times (`tau`, in proposals of a walker) overestimates its effective
# sample size (`ess`). This chain is far too short for a paper, and its temperature and `max_cost`
# are high so that it moves at all; take a temperature of 0.5 and a `max_cost` of 5.

# %%
run.status().quality.parameters.round(2)

# %% [markdown]
# The first steps are the burn-in. What is left is the population: a row a model, with its weight.

# %%
population = run.collect(burn_in=steps // 4, max_cost=max_cost)
population

# %% [markdown]
# Where in their bounds do the parameters lie? A narrow box is a parameter that the features pin
# down.

# %%
low, high = emodel.bounds.T
within = (population.parameters - low) / (high - low)
axes = within.plot.box(rot=90, ylabel="from lower to upper bound", figsize=(8, 4))
