"""The protocols of an e-model, run in order on one parameter set.

Order, searches and their corners follow the newer published evaluator
(emodel-generalisation, Arnaudon et al. 2023): holding current, input resistance, resting
potential, threshold current, then sweeps in percent of the threshold current on top of
the holding current.  A protocol without a response ends the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..features import EfelSettings, Response, feature_value
from .definition import (
    HoldingSearch,
    InputResistance,
    Protocol,
    RestingPotential,
    Step,
    ThresholdSearch,
)
from .simulator import SimulationError, Simulator

_SPIKE_SETTINGS = EfelSettings(Threshold=-20.0, interp_step=0.1, strict_stiminterval=False)
"""How searches detect spikes: eFEL's defaults, over the whole sweep."""


@dataclass(frozen=True)
class Missing:
    """A protocol without a response, and why."""

    reason: str


@dataclass
class _Measured:
    """What later protocols need from earlier ones (nA, MOhm, mV)."""

    holding: float | None = None
    rin: float | None = None
    rmp: float | None = None
    threshold: float | None = None


class ProtocolRunner:
    """Run all protocols of an e-model on the simulator's current parameters.

    Parameters
    ----------
    simulator : Simulator
        With its parameters set.
    """

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.emodel = simulator.emodel

    def run(self) -> Iterator[tuple[str, Response | Missing]]:
        """Yield each protocol's name and response, in order.

        The first `Missing` is the last item: later protocols are not run.
        """
        measured = _Measured()
        for protocol in self.emodel.protocols:
            try:
                response = self._run_one(protocol, measured)
            except SimulationError as error:
                response = Missing(str(error))
            yield protocol.name, response
            if isinstance(response, Missing):
                return

    def _run_one(self, protocol: Protocol, measured: _Measured) -> Response | Missing:
        match protocol:
            case HoldingSearch():
                return self._holding_search(protocol, measured)
            case InputResistance():
                return self._input_resistance(protocol, measured)
            case RestingPotential():
                return self._resting_potential(protocol, measured)
            case ThresholdSearch():
                return self._threshold_search(protocol, measured)
            case Step():
                return self._step(protocol, measured)

    # -- sweeps -----------------------------------------------------------------

    def _constant(self, protocol: HoldingSearch | RestingPotential, current: float) -> Response:
        """Play a constant current; the window of the features is the last tenth."""
        total = protocol.duration
        return self.simulator.run(
            [0.0, 0.0, total, total],
            [0.0, current, current, 0.0],
            total,
            protocol.recordings,
            (0.9 * total, total),
            stimulus_current=current,
        )

    def _pulse(
        self,
        protocol: InputResistance | ThresholdSearch | Step,
        holding: float,
        amplitude: float,
        stop_after_spike: bool = False,
    ) -> Response:
        """Play a step on top of the holding current."""
        start, end, total = protocol.delay, protocol.delay + protocol.duration, protocol.total
        window_end = protocol.window_end if isinstance(protocol, Step) else None
        return self.simulator.run(
            [0.0, start, start, end, end, total],
            [holding, holding, holding + amplitude, holding + amplitude, holding, holding],
            total,
            protocol.recordings,
            (start, end if window_end is None else window_end),
            stimulus_current=amplitude,
            holding_current=holding,
            stop_after_spike=stop_after_spike,
        )

    # -- searches ---------------------------------------------------------------

    def _holding_search(self, protocol: HoldingSearch, measured: _Measured) -> Response:
        lower, upper = protocol.lower, protocol.upper
        for _ in range(protocol.max_depth + 1):
            current = (upper + lower) / 2
            voltage = self._held_voltage(protocol, current)
            if voltage is not None and abs(voltage - protocol.target_voltage) < protocol.precision:
                break
            if voltage is None or voltage > protocol.target_voltage:
                upper = current
            else:
                lower = current
        else:
            # not found within the depth: the lower bound is returned, while the sweep that the
            # features read is the one at the last middle, as in the published evaluator
            measured.holding = lower
            response = self._constant(protocol, (upper + lower) / 2)
            return replace(response, values={"bpo_holding_current": lower})
        measured.holding = current
        response = self._constant(protocol, current)
        return replace(response, values={"bpo_holding_current": current})

    def _held_voltage(self, protocol: HoldingSearch, current: float) -> float | None:
        """Voltage at the end of a holding sweep.

        None when the cell spikes in its second half or cannot be simulated: the search then
        goes on below.
        """
        try:
            response = self._constant(protocol, current)
        except SimulationError:
            return None
        late = replace(response, stim_start=protocol.duration / 2, stim_end=2 * protocol.duration)
        if (self._count(late, "spike_count_stimint") or 0) > 0:
            return None
        return feature_value(
            response, "soma.v", "steady_state_voltage_stimend", self.emodel.efel_settings
        )

    def _input_resistance(
        self, protocol: InputResistance, measured: _Measured
    ) -> Response | Missing:
        assert measured.holding is not None
        response = self._pulse(protocol, measured.holding, protocol.amplitude)
        measured.rin = feature_value(
            response, "soma.v", "ohmic_input_resistance_vb_ssse", self.emodel.efel_settings
        )
        return (
            response if measured.rin is not None else Missing("the input resistance is undefined")
        )

    def _resting_potential(
        self, protocol: RestingPotential, measured: _Measured
    ) -> Response | Missing:
        response = self._constant(protocol, 0.0)
        measured.rmp = feature_value(
            response, "soma.v", "steady_state_voltage_stimend", self.emodel.efel_settings
        )
        return (
            response if measured.rmp is not None else Missing("the resting potential is undefined")
        )

    def _threshold_search(
        self, protocol: ThresholdSearch, measured: _Measured
    ) -> Response | Missing:
        assert measured.holding is not None
        assert measured.rin is not None and measured.rmp is not None
        with np.errstate(divide="ignore"):
            to_voltage = np.divide(protocol.max_voltage - measured.rmp, measured.rin)
        upper = min(float(to_voltage), protocol.max_current)
        lower = measured.holding
        if lower > upper:
            return Missing(
                f"no threshold: the search would start above its upper bound of {upper:.4g} nA"
            )
        if not self._spikes_at(protocol, measured.holding, upper):
            return Missing(f"no threshold: no spike at the upper bound of {upper:.4g} nA")
        for _ in range(protocol.max_depth + 1):
            if abs(upper - lower) < protocol.precision:
                break
            middle = (upper + lower) / 2
            if self._spikes_at(protocol, measured.holding, middle):
                upper = middle
            else:
                lower = middle
        measured.threshold = upper
        found = {"bpo_threshold_current": upper}
        if all(t.is_search_result for t in self.emodel.targets if t.protocol == protocol.name):
            return Response(np.empty(0), {}, 0.0, 0.0, upper, measured.holding, found)
        # a feature reads the sweep at threshold
        return replace(self._pulse(protocol, measured.holding, upper), values=found)

    def _spikes_at(self, protocol: ThresholdSearch, holding: float, amplitude: float) -> bool:
        """Whether a step makes the cell spike anywhere in the sweep.

        The probe ends after its first spike.  Should eFEL not count that one, the whole
        sweep decides.  A probe that cannot be simulated counts as spiking, as published.
        """
        try:
            probe = self._pulse(protocol, holding, amplitude, stop_after_spike=True)
            n_spikes = self._count(probe, "Spikecount") or 0
            if n_spikes == 0 and probe.t[-1] < protocol.total:
                n_spikes = self._count(self._pulse(protocol, holding, amplitude), "Spikecount") or 0
        except SimulationError:
            return True
        return n_spikes > 0

    def _count(self, response: Response, efel_name: str) -> float | None:
        if response.recordings["soma.v"].max() < _SPIKE_SETTINGS.Threshold:
            return 0.0  # eFEL cannot find a spike below its threshold
        return feature_value(response, "soma.v", efel_name, _SPIKE_SETTINGS)

    def _step(self, protocol: Step, measured: _Measured) -> Response:
        assert measured.holding is not None and measured.threshold is not None
        amplitude = protocol.percent / 100.0 * measured.threshold
        return self._pulse(protocol, measured.holding, amplitude)
