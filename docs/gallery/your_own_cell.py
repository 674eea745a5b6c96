# %% [markdown]
# # Your own cell
#
# A cell is one JSON file: regions with their channels, parameters, protocols, and features with
# their experimental mean and SD. Start from a cell that is there, change what is yours, and save
# it.

# %%
import json
from pathlib import Path

import ionfo

# %%
definition = ionfo.load_emodel("soma").model_dump(mode="json", exclude_defaults=True)
definition["name"] = "mycell"
for parameter in definition["parameters"]:
    if parameter["name"] == "gIhbar_Ih.somatic":
        parameter["bounds"] = [0.0, 0.0004]
for feature in definition["features"]:
    if feature["name"] == "Step_220.soma.v.mean_frequency":
        feature["mean"] = 30.0
Path("mycell.json").write_text(json.dumps(definition, indent=1))
mycell = ionfo.load_emodel("mycell.json")

# %% [markdown]
# A mistake in the file is refused in one sentence with the name and the rule. Score the shipped
# model on the new targets: only the feature that was changed moves away.

# %%
scores = ionfo.score(mycell).filter(like="scores/").iloc[0]
axes = scores.rename(lambda name: name.split("/")[1]).plot.barh(xlabel="score (SD)", figsize=(8, 5))

# %% [markdown]
# Everything else takes the file in place of a name. `mechanisms="mods"` compiles your own
# channels and `morphology="cell.swc"` takes your own reconstruction, in `score` and in `sample`.

# %%
run = ionfo.sample(mycell, "mycell-run", steps=2, start="reference", ensembles=2, processes=2)
run.collect()
