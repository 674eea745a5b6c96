"""Posteriors of observed cells, as `ionfo.infer.posterior` gives them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from ..sampling.posterior.correction import Corrected, corrected_population
from ..sampling.posterior.estimator import Posterior
from ..sampling.posterior.hh import named_for_neuron
from ..sampling.posterior.inference import Draws, to_population
from ..tables.population import Population


@dataclass(frozen=True)
class Inferred:
    """Posteriors of observed cells.

    Attributes
    ----------
    posterior : Posterior
        That made them.
    draws : list of Draws
        One a cell.
    corrected : list of Corrected
        The same with weights; empty without a correction.
    by_chain : bool
        Whether an independence move takes corrected draws.
    seed : int
        Of that chain.
    """

    posterior: Posterior
    draws: list[Draws]
    corrected: list[Corrected]
    by_chain: bool = False
    seed: int = 0

    @cached_property
    def population(self) -> Population:
        """All draws as a population; several cells are told apart by ``cells/cell``."""
        if not self.corrected:
            return to_population(self.posterior, self.draws)
        parts = [
            corrected_population(self.posterior, one, by_chain=self.by_chain, seed=self.seed)
            for one in self.corrected
        ]
        if len(parts) == 1:
            return parts[0]
        named = [
            part.frame.assign(**{"cells/cell": one.draws.name})
            for part, one in zip(parts, self.corrected, strict=True)
        ]
        metadata = {key: value for key, value in parts[0].metadata.items() if key != "importance"}
        metadata |= to_population(self.posterior, self.draws).metadata
        return Population(pd.concat(named, ignore_index=True), metadata)

    def sentences(self) -> list[str]:
        """Tell how many draws were accepted, and what corrected ones are worth."""
        parts = np.array([one.acceptance for one in self.draws])
        n_chain = sum(one.by_chain for one in self.draws)
        told = [
            f"{len(self.draws)} cell{'' if len(self.draws) == 1 else 's'} with "
            f"{len(self.draws[0].theta):,} draws each; acceptance {np.median(parts):.1%} (median), "
            f"{parts.min():.1%} (lowest)"
        ]
        if n_chain:
            told.append(f"{n_chain} cells were drawn by a Markov chain, as too few were accepted")
        for one in self.corrected[:5]:
            told += one.sentences()
        return told

    def write(self, file: str | Path, emodel_names: bool = False) -> Path:
        """Write the population; give the file, which ends in .parquet or .csv.

        Parameters
        ----------
        file : str or Path
            Where.
        emodel_names : bool
            Whether the parameters of ``hh`` are those of the e-model that NEURON runs.
        """
        return (named_for_neuron(self.population) if emodel_names else self.population).write(file)

    def _repr_html_(self) -> str:
        told = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences())
        return f"<ul>{told}</ul>{self.population.parameters.head().to_html()}"
