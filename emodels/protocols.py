"""The protocols of an e-model, run in order on one parameter set.

Order, searches and their corners follow the newer published evaluator
(emodel-generalisation, Arnaudon et al. 2023): holding current, input resistance, resting
potential, threshold current, then sweeps in percent of the threshold current on top of
the holding current.  A protocol without a response makes all that follow it in the
definition count as missing too, in whatever order they are run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..features import EfelSettings, Response, feature_value
from .clamp import clamp_sweep
from .definition import EModel
from .protocol_kinds import (
    AbsoluteStep,
    AnyStep,
    CurrentClamp,
    HoldingSearch,
    InputResistance,
    Protocol,
    Recording,
    RestingPotential,
    Step,
    ThresholdSearch,
    needs,
)
from .simulator import Simulator
from .sweep import Held, SimulationError, Sweep

_SPIKE_SETTINGS = EfelSettings(Threshold=-20.0, interp_step=0.1, strict_stiminterval=False)
"""How searches detect spikes: eFEL's defaults, over the whole sweep."""


@dataclass(frozen=True)
class Missing:
    """A protocol without a response, and why."""

    reason: str


Watch = Callable[[str, Callable[[], Response]], bool]
"""Asked during a sweep, with its protocol and a function that gives the response so far,
whether to end it."""


def cheap_first(emodel: EModel) -> tuple[str, ...]:
    """Order the protocols so that each follows what it needs and short stimuli come early.

    Examples
    --------
    >>> from ionfo.emodels import load_emodel
    >>> cheap_first(load_emodel("l5pc"))[:6]
    ('SearchHoldingCurrent', 'RMPProtocol', 'RinProtocol', 'SearchThresholdCurrent', 'bAP', \
'SpikeRec_600')
    """
    searches = ("holding_search", "rmp", "rin", "threshold_search")
    depth = {kind: i for i, kind in enumerate(searches)}
    ordered = sorted(
        emodel.protocols, key=lambda one: (depth.get(one.kind, len(searches)), one.duration)
    )
    return tuple(protocol.name for protocol in ordered)


def with_needed(emodel: EModel, names: Iterable[str]) -> tuple[str, ...]:
    """Give protocols with all that they need, short stimuli first.

    Examples
    --------
    >>> from ionfo.emodels import load_emodel
    >>> with_needed(load_emodel("soma"), ["RinProtocol"])
    ('SearchHoldingCurrent', 'RinProtocol')
    """
    protocols = {protocol.name: protocol for protocol in emodel.protocols}
    wanted = set(names)
    while True:
        needed = {kind for name in wanted for kind in needs(protocols[name])}
        more = wanted | {name for name, one in protocols.items() if one.kind in needed}
        if more == wanted:
            return tuple(name for name in cheap_first(emodel) if name in wanted)
        wanted = more


def check_order(emodel: EModel, order: Sequence[str], is_whole: bool = True) -> None:
    """Check that an order names protocols once, each after what it needs.

    Parameters
    ----------
    emodel : EModel
        Whose protocols.
    order : sequence of str
        Their names.
    is_whole : bool
        Whether every protocol must be there.

    Raises
    ------
    ValueError
        If it does not.
    """
    protocols = {protocol.name: protocol for protocol in emodel.protocols}
    if is_whole and sorted(order) != sorted(protocols):
        raise ValueError(f"order must name each of {', '.join(protocols)} once, got {list(order)}")
    if len(set(order)) < len(order) or not set(order) <= set(protocols):
        raise ValueError(f"order must name some of {', '.join(protocols)} once, got {list(order)}")
    for i, name in enumerate(order):
        before = [protocols[one].kind for one in order[:i]]
        for needed in needs(protocols[name]):
            if needed not in before:
                raise ValueError(f"protocol '{name}' must come after the {needed}, got {order}")


@dataclass
class _Measured:
    """What later protocols need from earlier ones (nA, MOhm, mV)."""

    holding: float | None = None
    rin: float | None = None
    rmp: float | None = None
    threshold: float | None = None


class ProtocolRunner:
    """Run the protocols of an e-model on the simulator's current parameters.

    Parameters
    ----------
    simulator : Simulator
        With its parameters set.
    order : sequence of str, optional
        Protocols in the order to run them in (`check_order`); the definition's by default.
    watch : callable, optional
        Asked during the steps, see `Watch`; a step that it ends is the last item of the run.
    more : sequence of Recording
        Recorded at steps and current clamps besides what they record themselves.
    """

    def __init__(
        self,
        simulator: Simulator,
        order: Sequence[str] | None = None,
        watch: Watch | None = None,
        more: Sequence[Recording] = (),
    ) -> None:
        self.simulator = simulator
        self.emodel = simulator.emodel
        self.order = tuple(p.name for p in self.emodel.protocols) if order is None else order
        self.watch = watch
        self.more = tuple(more)

    def run(self) -> Iterator[tuple[str, Response | Missing]]:
        """Yield each protocol's name and response.

        After a `Missing`, protocols that follow it in the definition are not run: they count
        as missing as well.
        """
        measured = _Measured()
        index = {protocol.name: i for i, protocol in enumerate(self.emodel.protocols)}
        end = len(index)
        for name in self.order:
            if index[name] > end:
                continue
            try:
                response = self._run_one(self.emodel.protocols[index[name]], measured)
            except SimulationError as error:
                response = Missing(str(error))
            if isinstance(response, Missing):
                end = index[name]
            yield name, response

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
                assert measured.holding is not None and measured.threshold is not None
                amplitude = protocol.percent / 100.0 * measured.threshold
                return self._step(protocol, measured.holding, amplitude)
            case AbsoluteStep():
                return self._step(protocol, protocol.holding, protocol.amplitude)
            case CurrentClamp():
                return self._current_clamp(protocol, measured)

    # -- sweeps -----------------------------------------------------------------

    def _constant(
        self,
        protocol: HoldingSearch | RestingPotential,
        current: float,
        stop_when: Callable[[Callable[[], Response]], bool] | None = None,
    ) -> Response:
        """Play a constant current; the window of the features is the last tenth."""
        total = protocol.duration
        sweep = Sweep(
            [0.0, 0.0, total, total],
            [0.0, current, current, 0.0],
            total,
            (0.9 * total, total),
            stimulus_current=current,
        )
        return self.simulator.run(sweep, protocol.recordings, stop_when)

    def _pulse(
        self,
        protocol: InputResistance | ThresholdSearch | AnyStep,
        holding: float,
        amplitude: float,
        stop_when: Callable[[Callable[[], Response]], bool] | None = None,
    ) -> Response:
        """Play a step on top of the holding current."""
        start, end, total = protocol.delay, protocol.delay + protocol.duration, protocol.total
        window_end = protocol.window_end if isinstance(protocol, AnyStep) else None
        sweep = Sweep(
            [0.0, start, start, end, end, total],
            [holding, holding, holding + amplitude, holding + amplitude, holding, holding],
            total,
            (start, end if window_end is None else window_end),
            stimulus_current=amplitude,
            holding_current=holding,
        )
        held = self._held(holding, start)
        return self.simulator.run(sweep, (*protocol.recordings, *self.more), stop_when, held)

    def _held(self, holding: float, duration: float) -> Held | None:
        """Give the state that all sweeps with this holding current and delay start from."""
        if not self.simulator.numerics.share_holding or duration <= 0:
            return None
        recordings = dict.fromkeys(
            recording for protocol in self.emodel.protocols for recording in protocol.recordings
        )
        return self.simulator.hold(holding, duration, (*recordings, *self.more))

    # -- searches ---------------------------------------------------------------

    def _holding_search(self, protocol: HoldingSearch, measured: _Measured) -> Response:
        lower, upper = protocol.lower, protocol.upper
        for _ in range(protocol.max_depth + 1):
            current = (upper + lower) / 2
            response, voltage = self._held_voltage(protocol, current)
            if (
                response is not None
                and voltage is not None
                and abs(voltage - protocol.target_voltage) < protocol.precision
            ):
                measured.holding = current
                return replace(response, values={"bpo_holding_current": current})
            if voltage is None or voltage > protocol.target_voltage:
                upper = current
            else:
                lower = current
        # not found within the depth: the lower bound is returned, while the sweep that the
        # features read is the one at the last middle, as in the published evaluator
        measured.holding = lower
        response = self._constant(protocol, (upper + lower) / 2)
        return replace(response, values={"bpo_holding_current": lower})

    def _held_voltage(
        self, protocol: HoldingSearch, current: float
    ) -> tuple[Response | None, float | None]:
        """Sweep at a holding current, and the voltage at its end.

        The voltage is None when the cell spikes in the second half, where the sweep then ends,
        or cannot be simulated: the search goes on below.
        """
        has_spiked = False

        def spikes_late(so_far: Callable[[], Response]) -> bool:
            nonlocal has_spiked
            if not has_spiked:
                middle, end = protocol.duration / 2, 2 * protocol.duration
                late = replace(so_far(), stim_start=middle, stim_end=end)
                has_spiked = (self._count(late, "spike_count_stimint") or 0) > 0
            return has_spiked

        try:
            response = self._constant(protocol, current, spikes_late)
        except SimulationError:
            return None, None
        if spikes_late(lambda: response):
            return None, None
        name = "steady_state_voltage_stimend"
        return response, feature_value(response, "soma.v", name, self._settings(protocol, name))

    def _input_resistance(
        self, protocol: InputResistance, measured: _Measured
    ) -> Response | Missing:
        assert measured.holding is not None
        response = self._pulse(protocol, measured.holding, protocol.amplitude)
        name = "ohmic_input_resistance_vb_ssse"
        measured.rin = feature_value(response, "soma.v", name, self._settings(protocol, name))
        return (
            response if measured.rin is not None else Missing("the input resistance is undefined")
        )

    def _resting_potential(
        self, protocol: RestingPotential, measured: _Measured
    ) -> Response | Missing:
        response = self._constant(protocol, 0.0)
        name = "steady_state_voltage_stimend"
        # the threshold search starts from the same number as the feature, if there is one
        window = next(
            (t.window for t in self.emodel.targets if (t.protocol, t.efel_name)
             == (protocol.name, name)), None,
        )  # fmt: skip
        read = response
        if window is not None:
            read = replace(response, stim_start=window[0], stim_end=window[1])
        measured.rmp = feature_value(read, "soma.v", name, self._settings(protocol, name))
        return (
            response if measured.rmp is not None else Missing("the resting potential is undefined")
        )

    def _settings(self, protocol: Protocol, efel_name: str) -> EfelSettings:
        """Give the eFEL settings of what a search reads: those of its feature, if there is one."""
        for target in self.emodel.targets:
            if (target.protocol, target.efel_name) == (protocol.name, efel_name):
                return target.settings or self.emodel.efel_settings
        return self.emodel.efel_settings.but(protocol.efel)

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

        The probe ends after its first spike.  A probe that cannot be simulated counts as
        spiking, as published.
        """
        has_spiked = False

        def spikes(so_far: Callable[[], Response]) -> bool:
            nonlocal has_spiked
            has_spiked = has_spiked or (self._count(so_far(), "Spikecount") or 0) > 0
            return has_spiked

        try:
            probe = self._pulse(protocol, holding, amplitude, spikes)
        except SimulationError:
            return True
        return spikes(lambda: probe)

    def _count(self, response: Response, efel_name: str) -> float | None:
        if response.recordings["soma.v"].max() < _SPIKE_SETTINGS.Threshold:
            return 0.0  # eFEL cannot find a spike below its threshold
        return feature_value(response, "soma.v", efel_name, _SPIKE_SETTINGS)

    def _step(self, protocol: AnyStep, holding: float, amplitude: float) -> Response:
        return self._pulse(protocol, holding, amplitude, self._watched(protocol))

    def _current_clamp(self, protocol: CurrentClamp, measured: _Measured) -> Response:
        holding = measured.holding if protocol.holding is None else protocol.holding
        assert holding is not None
        sweep = clamp_sweep(protocol, holding, measured.threshold)
        held = self._held(holding, sweep.held_until) if sweep.held_until < sweep.total else None
        recordings = (*protocol.recordings, *self.more)
        return self.simulator.run(sweep, recordings, self._watched(protocol), held)

    def _watched(
        self, protocol: AnyStep | CurrentClamp
    ) -> Callable[[Callable[[], Response]], bool] | None:
        watch = self.watch
        return None if watch is None else lambda so_far: watch(protocol.name, so_far)
