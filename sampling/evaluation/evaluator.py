"""From theta to features, scores and cost: a pure function on a persistent cell.

With a bound the evaluation ends at the first protocol that proves ``cost >= bound``.  Scores
are not negative, so what is known is always a lower bound of the maximum, and of a sum or
mean that is taken in one fixed order (rounding is monotonic).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...emodels import (
    EModel,
    Missing,
    Numerics,
    ProtocolRunner,
    Simulator,
    cheap_first,
    check_order,
    parse_emodel,
)
from ...emodels.numerics import DEFAULT
from ...emodels.protocols import Watch
from ...emodels.sweep import BudgetSpent
from ...features import (
    MAX_SCORE,
    SPIKES_NEEDED,
    FeatureTarget,
    FeatureValues,
    Response,
    combine_cost,
    extract_features,
    settled_features,
    z_score,
)
from ...features.scores import CostName


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
    numerics : Numerics
        How the equations are integrated.
    order : tuple of str or None
        Protocols in the order to run them in; None for short stimuli first.  No result of a
        whole evaluation depends on it.
    ignore_signals : bool
        Whether a worker process leaves SIGTERM, SIGUSR1 and Ctrl-C to its driver.
    """

    definition: str
    morphology: str | None = None
    mechanisms: str | None = None
    cost: CostName = "max"
    numerics: Numerics = Numerics()
    order: tuple[str, ...] | None = None
    ignore_signals: bool = True


@dataclass(frozen=True)
class Evaluation:
    """All that is known of one parameter set.

    Attributes
    ----------
    features : ndarray, shape (n_features,)
        Mean value of each feature in its unit; NaN where undefined.
    scores : ndarray, shape (n_features,)
        z-scores; 250 where the feature is undefined, NaN where it was not computed.
    cost : float
        Combined scores.
    reasons : dict of str to str
        Why a feature is undefined.
    n_steps : int
        Integrator steps used.
    protocol_steps : dict of str to int
        Integrator steps of each protocol that was run.
    rejected_by : str or None
        Protocol at which the evaluation was stopped early; `cost` is then a lower bound.
    died : str or None
        How the processes ended that evaluated it alone, see `ionfo.sampling.evaluation.alone`.
    """

    features: NDArray[np.float64]
    scores: NDArray[np.float64]
    cost: float
    reasons: dict[str, str] = field(default_factory=dict)
    n_steps: int = 0
    protocol_steps: dict[str, int] = field(default_factory=dict)
    rejected_by: str | None = None
    died: str | None = None


class Evaluator:
    """Score parameter sets of one e-model on the one cell of this process."""

    def __init__(self, spec: EvaluatorSpec) -> None:
        self.spec = spec
        self.emodel = parse_emodel(spec.definition, "definition")
        self.cost = spec.cost
        self.order = spec.order or cheap_first(self.emodel)
        check_order(self.emodel, self.order)
        self.simulator = Simulator(
            self.emodel,
            None if spec.morphology is None else Path(spec.morphology),
            None if spec.mechanisms is None else Path(spec.mechanisms),
            spec.numerics,
        )

    def __call__(
        self,
        theta: Sequence[float] | NDArray[np.float64],
        bound: float = np.inf,
        fixed: Mapping[str, float] | None = None,
        cost: CostName | None = None,
        order: Sequence[str] | None = None,
        max_steps: int | None = None,
    ) -> Evaluation:
        """Evaluate one parameter set.

        Parameters
        ----------
        theta : array_like, shape (n_parameters,)
            Free parameters in the definition's order and units.
        bound : float
            Stop as soon as the cost is known to reach it.
        fixed : mapping of str to float, optional
            Other values for fixed parameters.
        cost : {"max", "sum", "mean"}, optional
            Another combination of the scores than the evaluator's.
        order : sequence of str, optional
            Another order of protocols than the evaluator's.  When it names only some of them,
            features of the others are NaN and the cost is that of the rest.
        max_steps : int, optional
            Integrator steps it may take; beyond, every feature counts as missing.

        Returns
        -------
        Evaluation
            Complete if the cost is below `bound`; else `rejected_by` names the protocol that
            proved ``cost >= bound``, and what was not computed is NaN.
        """
        if np.isnan(bound):
            raise ValueError("bound must be a number, got nan")
        if order is not None:
            check_order(self.emodel, order, is_whole=False)
        self.simulator.set_parameters(theta, fixed, max_steps)
        known = Known(self.emodel, cost or self.cost, order)
        watch = known.watch(bound) if np.isfinite(bound) else None
        steps: dict[str, int] = {}
        try:
            for name, response in ProtocolRunner(self.simulator, order or self.order, watch).run():
                steps[name] = self.simulator.n_steps - sum(steps.values())
                if not known.proves_bound:  # else the step has been cut short
                    known.add(name, response)
                if known.lower_bound() >= bound:
                    return known.evaluation(steps, rejected_by=name)
        except BudgetSpent as why:
            failed = failed_evaluation(self.emodel, cost or self.cost, str(why))
            return replace(failed, n_steps=self.simulator.n_steps, protocol_steps=steps)
        return known.evaluation(steps)


class Known:
    """What an evaluation has found so far, protocol by protocol, in any order.

    A protocol without a response makes every later one of the definition count as missing,
    also one that has been run before it.
    """

    def __init__(self, emodel: EModel, cost: CostName, asked: Sequence[str] | None = None) -> None:
        self.emodel = emodel
        self.cost = cost
        protocols = [protocol.name for protocol in emodel.protocols]
        self._is_asked = np.array(
            [asked is None or target.protocol in asked for target in emodel.targets]
        )
        self._position = {name: i for i, name in enumerate(protocols)}
        self._protocol_of = np.array([self._position[t.protocol] for t in emodel.targets])
        self._row = {target.name: i for i, target in enumerate(emodel.targets)}
        self._has_run = np.zeros(len(protocols), dtype=bool)
        self._first_missing = len(protocols)
        self._why = ""
        self._values: list[FeatureValues | None] = [None] * len(emodel.targets)
        self._scores = np.full(len(emodel.targets), np.nan)
        self.proves_bound = False
        """Whether a watch has ended a step."""

    def add(self, name: str, response: Response | Missing) -> None:
        """Take in the response of a protocol."""
        i = self._position[name]
        self._has_run[i] = True
        if isinstance(response, Missing):
            self._first_missing, self._why = i, f"{name}: {response.reason}"
        else:
            targets = self._targets(name)
            self._keep(extract_features(response, targets, self.emodel.efel_settings))

    def watch(self, bound: float) -> Watch:
        """Make a watch that ends a step once its settled features prove ``cost >= bound``."""

        def look(name: str, so_far: Callable[[], Response]) -> bool:
            unsettled = [
                target
                for target in self._targets(name)
                if self._values[self._row[target.name]] is None
                and target.efel_name in SPIKES_NEEDED
            ]
            if not unsettled:
                return False
            self._keep(settled_features(so_far(), unsettled, self.emodel.efel_settings))
            self.proves_bound = self.lower_bound() >= bound
            return self.proves_bound

        return look

    def lower_bound(self) -> float:
        """Largest cost that is proven."""
        scores = np.where(np.isnan(self._scores), 0.0, self._scores)
        # should an earlier protocol turn out missing, a known score becomes 250 (a search
        # result may be larger than that)
        n_certain = int(np.argmin(np.append(self._has_run, False)))
        uncertain = self._protocol_of >= n_certain
        scores[uncertain] = np.minimum(scores[uncertain], MAX_SCORE)
        scores[self._is_missing()] = MAX_SCORE
        return combine_cost(scores[self._is_asked], self.cost)

    def evaluation(self, steps: dict[str, int], rejected_by: str | None = None) -> Evaluation:
        """Give all that is known."""
        missing = FeatureValues(None, self._why)
        values = [
            missing if is_missing else value
            for is_missing, value in zip(self._is_missing(), self._values, strict=True)
        ]
        scores = np.where(self._is_missing(), MAX_SCORE, self._scores)
        whole_cost = combine_cost(scores[self._is_asked], self.cost)
        scores[~self._is_asked] = np.nan
        return Evaluation(
            features=np.array(
                [
                    np.nan if one is None or one.values is None else float(one.values.mean())
                    for one in values
                ]
            ),
            scores=scores,
            cost=self.lower_bound() if rejected_by else whole_cost,
            reasons={
                name: one.reason
                for name, one in zip(self._row, values, strict=True)
                if one is not None and one.values is None
            },
            n_steps=sum(steps.values()),
            protocol_steps=steps,
            rejected_by=rejected_by,
        )

    def _targets(self, protocol: str) -> list[FeatureTarget]:
        return [target for target in self.emodel.targets if target.protocol == protocol]

    def _is_missing(self) -> NDArray[np.bool_]:
        missing: NDArray[np.bool_] = (self._protocol_of >= self._first_missing) & self._is_asked
        return missing

    def _keep(self, found: Mapping[str, FeatureValues]) -> None:
        for name, values in found.items():
            i = self._row[name]
            target = self.emodel.targets[i]
            self._values[i] = values
            self._scores[i] = z_score(
                values.values, target.mean, target.std, capped=not target.is_search_result
            )


def evaluator_spec(
    emodel: EModel,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    cost: CostName = "max",
    numerics: Numerics = DEFAULT,
    order: Sequence[str] | None = None,
) -> EvaluatorSpec:
    """Describe an evaluator so that any process can build it; see `EvaluatorSpec`."""
    return EvaluatorSpec(
        emodel.model_dump_json(),
        None if morphology is None else str(morphology.resolve()),
        None if mechanisms is None else str(mechanisms.resolve()),
        cost,
        numerics,
        None if order is None else tuple(order),
    )


def failed_evaluation(emodel: EModel, cost: CostName, reason: str) -> Evaluation:
    """Give the evaluation of a parameter set that could not be evaluated at all."""
    n = len(emodel.features)
    scores = np.full(n, MAX_SCORE)
    return Evaluation(
        features=np.full(n, np.nan),
        scores=scores,
        cost=combine_cost(scores, cost),
        reasons={target.name: reason for target in emodel.features},
    )
