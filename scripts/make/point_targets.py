"""Make the targets of the e-models of point models: mean and SD of the features of such cells.

    python scripts/make/point_targets.py

Thirty-two cells are generated for one dynamic feedback of stg and da, and around the reference of
hh (each parameter within 10 percent of it); they are scored in NEURON, and the mean and SD of every
feature are written into emodels/stg.json, emodels/da.json and emodels/hh.json.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
import pandas as pd

import ionfo
from ionfo.emodels.definition import FOLDER
from ionfo.terminal.output import mistakes_told

FEEDBACK = {"stg": (-6.0, 1.0), "da": (0.5, 5.0)}
SPREAD = 0.1  # of the parameters of hh around those of its reference
MODELS = (*FEEDBACK, "hh")


def cells(model: str, n: int, seed: int) -> pd.DataFrame:
    """Parameters of the cells that targets are made of, a row each."""
    if model in FEEDBACK:
        made = ionfo.dics.generate(model, FEEDBACK[model], n, seed=seed)
        return made.to_population(emodel_names=True).parameters
    reference = pd.Series(ionfo.load_emodel(model).reference)
    factors = np.random.default_rng(seed).uniform(1 - SPREAD, 1 + SPREAD, (n, len(reference)))
    return pd.DataFrame(factors * reference.to_numpy(), columns=reference.index)


def targets(model: str, n: int, seed: int) -> dict[str, tuple[float, float]]:
    """Mean and SD of the features of cells, by the name of the feature."""
    scored = ionfo.score(model, cells(model, n, seed))
    features = scored.filter(like="features/").rename(columns=lambda s: s.split("/", 1)[1])
    assert not features.isna().any(axis=None)
    return {name: (features[name].mean(), features[name].std()) for name in features}


def written(text: str, found: dict[str, tuple[float, float]], least: float = 1e-3) -> str:
    """Put targets into the text of a definition."""
    for name, (mean, sd) in found.items():
        pattern = rf'("name": "{re.escape(name)}", )"mean": [^,]+, "std": [^,]+,'
        text, n = re.subn(pattern, rf'\g<1>"mean": {mean:.6g}, "std": {max(sd, least):.4g},', text)
        assert n == 1, name
    return text


def main() -> None:
    """Write the definitions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--n", type=int, default=32, help="cells")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the definitions")
    options = parser.parse_args()
    for model in options.models:
        text = (FOLDER / f"{model}.json").read_text(encoding="utf-8")
        text = written(text, targets(model, options.n, options.seed))
        (options.out / f"{model}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with mistakes_told():
        main()
