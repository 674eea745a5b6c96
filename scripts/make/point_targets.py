"""Make the targets of the e-models stg and da: mean and SD of cells of one dynamic feedback.

    python scripts/make/point_targets.py

Thirty-two cells are generated for the target of each model, scored in NEURON, and the mean and SD
of every feature are written into emodels/stg.json and emodels/da.json.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import ionfo
from ionfo.emodels.definition import FOLDER

TARGETS = {"stg": (-6.0, 1.0), "da": (0.5, 5.0)}


def targets(model: str, n: int, seed: int) -> dict[str, tuple[float, float]]:
    """Mean and SD of the features of generated cells, by the name of the feature."""
    made = ionfo.dics.generate(model, TARGETS[model], n, seed=seed)
    scored = ionfo.score(model, made.to_population(emodel_names=True).parameters)
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
    """Write both definitions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--n", type=int, default=32, help="cells")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the definitions")
    options = parser.parse_args()
    for model in TARGETS:
        text = (FOLDER / f"{model}.json").read_text(encoding="utf-8")
        text = written(text, targets(model, options.n, options.seed))
        (options.out / f"{model}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
