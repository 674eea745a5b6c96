"""Where the time of an evaluation goes: by protocol, and by rates, integration and features."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...emodels import Missing, ProtocolRunner
from ...emodels.protocol_kinds import SOMA
from ...emodels.sweep import Sweep
from ...features import extract_features
from .evaluator import Evaluator


@dataclass
class ProtocolProfile:
    """What one protocol took.

    Attributes
    ----------
    name : str
        Of the protocol.
    n_simulations, n_steps, n_rhs : int
        Sweeps, integrator steps, evaluations of the right-hand side.
    integration, features : float
        CPU time in the integrator, and in eFEL, searches and bookkeeping (s).
    """

    name: str
    n_simulations: int = 0
    n_steps: int = 0
    n_rhs: int = 0
    integration: float = 0.0
    features: float = 0.0


@dataclass(frozen=True)
class Profile:
    """What whole evaluations took.

    Attributes
    ----------
    protocols : list of ProtocolProfile
        In the order in which they are run, summed over the models.
    n_models : int
        Models evaluated.
    rates_share : float
        Share of the integration that goes into gate rates; an estimate, see `rates_share`.
    """

    protocols: list[ProtocolProfile]
    n_models: int
    rates_share: float


def profile_models(
    evaluator: Evaluator, models: Sequence[tuple[Sequence[float], Mapping[str, float]]]
) -> Profile:
    """Evaluate models and measure the CPU time of each part.

    Parameters
    ----------
    evaluator : Evaluator
        Of this process.
    models : sequence of (theta, fixed)
        Free parameters, and other values for fixed ones.
    """
    simulator = evaluator.simulator
    found = {name: ProtocolProfile(name) for name in evaluator.order}
    settings = evaluator.emodel.efel_settings
    simulator.clock = time.process_time
    try:
        for theta, fixed in models:
            simulator.set_parameters(theta, fixed)
            n_seen, began = 0, time.process_time()
            for name, response in ProtocolRunner(simulator, evaluator.order).run():
                if not isinstance(response, Missing):
                    targets = [t for t in evaluator.emodel.targets if t.protocol == name]
                    extract_features(response, targets, settings)
                one, records = found[name], simulator.log[n_seen:]
                integration = sum(record.seconds for record in records)
                one.n_simulations += len(records)
                one.n_steps += sum(record.n_steps for record in records)
                one.n_rhs += sum(record.n_rhs for record in records)
                one.integration += integration
                one.features += time.process_time() - began - integration
                n_seen, began = len(simulator.log), time.process_time()
        share = rates_share(evaluator, list(found.values()))
    finally:
        simulator.clock = lambda: 0.0
    return Profile(list(found.values()), len(models), share)


def rates_share(evaluator: Evaluator, measured: Sequence[ProtocolProfile]) -> float:
    """Estimate which share of the integration goes into gate rates.

    A membrane of enormous capacitance keeps its voltage, and mechanisms that keep their rates
    while the voltage stays then evaluate everything but the rates.  The price of a right-hand
    side there is set against the one measured.  Mechanisms that evaluate their rates all the
    same are not seen.
    """
    simulator = evaluator.simulator
    assert simulator.cell is not None
    segments = [one for section in simulator.cell.sections["all"] for one in section]
    capacitances = [segment.cm for segment in segments]
    for segment in segments:
        segment.cm = 1e12
    simulator.log = []
    try:
        duration = 20.0  # ms
        corners = [0.0, *(i * 0.05 for i in range(1, 400)), duration]
        for _ in range(3):
            simulator.run(Sweep(corners, [0.0] * len(corners), duration, (0.0, duration)), [SOMA])
    finally:
        for segment, capacitance in zip(segments, capacitances, strict=True):
            segment.cm = capacitance
    seconds = min(record.seconds / max(1, record.n_rhs) for record in simulator.log)
    n_rhs = sum(one.n_rhs for one in measured)
    if n_rhs == 0:
        return 0.0
    price = sum(one.integration for one in measured) / n_rhs
    return max(0.0, 1.0 - seconds / price)
