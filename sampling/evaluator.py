"""From theta to features, scores and cost: a pure function on a persistent cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..emodels import EModel, Missing, ProtocolRunner, Simulator, parse_emodel
from ..features import FeatureValues, combine_cost, extract_features, z_score
from ..features.scores import CostName


@dataclass(frozen=True)
class EvaluatorSpec:
    """What a process needs to build its evaluator: plain data, cheap to send.

    Attributes
    ----------
    definition : str
        JSON text of the e-model.
    morphology, mechanisms : str or None
        Paths; None for the bundled ones.
    cost : {"max", "sum", "mean"}
        How scores are combined.
    """

    definition: str
    morphology: str | None = None
    mechanisms: str | None = None
    cost: CostName = "max"


@dataclass(frozen=True)
class Evaluation:
    """All that is known of one parameter set.

    Attributes
    ----------
    features : ndarray, shape (n_features,)
        Mean value of each feature in its unit; NaN where undefined.
    scores : ndarray, shape (n_features,)
        z-scores; 250 where the feature is undefined.
    cost : float
        Combined scores.
    reasons : dict of str to str
        Why a feature is undefined.
    n_steps : int
        Integrator steps used.
    rejected_by : str or None
        Protocol at which the evaluation was stopped early; `cost` is then a lower bound.
    """

    features: NDArray[np.float64]
    scores: NDArray[np.float64]
    cost: float
    reasons: dict[str, str] = field(default_factory=dict)
    n_steps: int = 0
    rejected_by: str | None = None


class Evaluator:
    """Score parameter sets of one e-model on the one cell of this process."""

    def __init__(self, spec: EvaluatorSpec) -> None:
        self.emodel = parse_emodel(spec.definition, "definition")
        self.cost = spec.cost
        self.simulator = Simulator(
            self.emodel,
            None if spec.morphology is None else Path(spec.morphology),
            None if spec.mechanisms is None else Path(spec.mechanisms),
        )

    def __call__(
        self, theta: Sequence[float] | NDArray[np.float64], fixed: Mapping[str, float] | None = None
    ) -> Evaluation:
        """Evaluate one parameter set.

        Parameters
        ----------
        theta : array_like, shape (n_parameters,)
            Free parameters in the definition's order and units.
        fixed : mapping of str to float, optional
            Other values for fixed parameters.
        """
        self.simulator.set_parameters(theta, fixed)
        found: dict[str, FeatureValues] = {}
        ended = ""
        for name, response in ProtocolRunner(self.simulator).run():
            targets = [target for target in self.emodel.targets if target.protocol == name]
            if isinstance(response, Missing):
                ended = f"{name}: {response.reason}"
                break
            found |= extract_features(response, targets, self.emodel.efel_settings)
        return self._score(found, FeatureValues(None, ended))

    def _score(self, found: dict[str, FeatureValues], not_run: FeatureValues) -> Evaluation:
        targets = self.emodel.targets
        values = [found.get(target.name, not_run) for target in targets]
        scores = np.array(
            [
                z_score(value.values, target.mean, target.std, capped=not target.is_search_result)
                for target, value in zip(targets, values, strict=True)
            ]
        )
        return Evaluation(
            features=np.array(
                [np.nan if one.values is None else float(one.values.mean()) for one in values]
            ),
            scores=scores,
            cost=combine_cost(scores, self.cost),
            reasons={
                target.name: value.reason
                for target, value in zip(targets, values, strict=True)
                if value.values is None
            },
            n_steps=self.simulator.n_steps,
        )


def evaluator_spec(
    emodel: EModel,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    cost: CostName = "max",
) -> EvaluatorSpec:
    """Describe an evaluator so that any process can build it."""
    return EvaluatorSpec(
        emodel.model_dump_json(),
        None if morphology is None else str(morphology.resolve()),
        None if mechanisms is None else str(mechanisms.resolve()),
        cost,
    )
