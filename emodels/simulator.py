"""Play a current into the soma of the persistent cell and record what happens.

Every run sets all globals it depends on and starts from `finitialize`, so its result is a
function of the parameters and the current alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import IonfoError
from ..features import Response
from .cell import Cell
from .definition import EModel, Recording

_SPIKE_THRESHOLD = -20.0  # mV
_AFTER_SPIKE = 3.0  # ms


class SimulationError(Exception):
    """A simulation that gave no usable traces; the message is the reason."""


class Simulator:
    """One cell, many simulations.

    A process holds one cell: a new `Simulator` closes the one before it.

    Parameters
    ----------
    emodel : EModel
        Definition of the cell.
    morphology, mechanisms : Path, optional
        See `ionfo.emodels.cell.Cell`.
    """

    _current: Simulator | None = None

    def __init__(
        self, emodel: EModel, morphology: Path | None = None, mechanisms: Path | None = None
    ) -> None:
        if Simulator._current is not None:
            Simulator._current.close()
        self.emodel = emodel
        self.cell: Cell | None = Cell(emodel, morphology, mechanisms)
        Simulator._current = self
        self._h: Any = self.cell.h
        self._clamp = self._h.IClamp(self.cell.soma)
        self._spike_detector = self._h.NetCon(self.cell.soma._ref_v, None, sec=self.cell.soma.sec)
        self._spike_detector.threshold = _SPIKE_THRESHOLD
        self._spike_detector.record(self._on_spike)
        self._stop_after_spike = False
        self._cvode = self._h.CVode()
        self._values = dict.fromkeys((p.name for p in emodel.parameters), 0.0)
        self._sites: dict[Recording, Any] = {}
        self.n_steps = 0
        """Integrator steps since `set_parameters`."""

    def close(self) -> None:
        """Remove the cell, so that another one can be built."""
        if self.cell is not None:
            self._clamp = None
            self._spike_detector = None
            self._sites = {}
            self.cell.close()
            self.cell = None
            Simulator._current = None

    def set_parameters(
        self, theta: Sequence[float] | NDArray[np.float64], fixed: Mapping[str, float] | None = None
    ) -> None:
        """Set the free parameters, and reset all others.

        Parameters
        ----------
        theta : array_like, shape (n_parameters,)
            Free parameters, in the order and units of the definition.
        fixed : mapping of str to float, optional
            Other values for fixed parameters, for this parameter set only.
        """
        cell = self._open_cell()
        free = self.emodel.free_names
        if len(theta) != len(free):
            raise ValueError(f"theta must have shape ({len(free)},), got ({len(theta)},)")
        self._values = {
            **self.emodel.fixed_values,
            **dict(fixed or {}),
            **{name: float(value) for name, value in zip(free, theta, strict=True)},
        }
        cell.set_parameters(self._values)
        self.n_steps = 0

    def run(
        self,
        times: Sequence[float],
        currents: Sequence[float],
        total: float,
        recordings: Sequence[Recording],
        window: tuple[float, float],
        stimulus_current: float = 0.0,
        holding_current: float = 0.0,
        stop_after_spike: bool = False,
    ) -> Response:
        """Simulate one sweep from `v_init`.

        Parameters
        ----------
        times, currents : sequence of float
            Corners of the piecewise linear current (ms, nA); a repeated time is a jump.
        total : float
            Length of the sweep (ms).
        recordings : sequence of Recording
            What to record; sites that the morphology does not have are left out.
        window : tuple of float
            Stimulus window of the features (ms).
        stimulus_current, holding_current : float
            Stored with the response (nA).
        stop_after_spike : bool
            End the sweep 3 ms after the soma has crossed -20 mV upwards, or as soon after as it
            is below again, for searches that only ask whether there is a spike.

        Returns
        -------
        Response
            Traces at the integrator's own steps.

        Raises
        ------
        SimulationError
            If the integrator fails, takes more steps than the definition allows, or gives
            values that are not finite.
        """
        self._open_cell()
        h = self._h
        h.celsius = self._values["celsius"]
        h.v_init = self._values["v_init"]
        h.dt = 0.025
        cvode = self._cvode
        cvode.active(1)
        cvode.use_local_dt(0)
        cvode.atol(self.emodel.cvode_atol)
        cvode.rtol(0.0)
        cvode.minstep(0.0)
        cvode.maxstep(1e9)
        cvode.maxorder(5)

        self._clamp.delay = 0.0
        self._clamp.dur = total
        time_vector = h.Vector(list(times))
        current_vector = h.Vector(list(currents))
        current_vector.play(self._clamp._ref_amp, time_vector, 1)
        recorder = h.Vector().record(h._ref_t)
        recorders = {}
        for recording in recordings:
            site = self._site(recording)
            if site is not None:
                recorders[recording.name] = h.Vector().record(
                    getattr(site, f"_ref_{recording.variable}")
                )
        try:
            self._integrate(total, recorder, stop_after_spike)
        finally:
            current_vector.play_remove()
            self.n_steps += int(recorder.size())
        t = np.array(recorder, dtype=np.float64)
        traces = {name: np.array(vector, dtype=np.float64) for name, vector in recorders.items()}
        if not all(np.isfinite(trace).all() for trace in traces.values()):
            raise SimulationError("a recorded trace is not finite")
        return Response(t, traces, *window, stimulus_current, holding_current)

    def _integrate(self, total: float, recorder: Any, stop_after_spike: bool) -> None:
        """Integrate in one call, which is twice as fast as stepping from Python on small cells."""
        h, cvode = self._h, self._cvode
        budget = self.emodel.max_steps

        n_calls = 0

        def check_budget() -> None:
            nonlocal n_calls
            n_calls += 1  # several per step; asking for the size at each would cost a third
            if n_calls % 64 == 0 and recorder.size() > budget:
                h.stoprun = 1

        self._stop_after_spike = stop_after_spike
        cvode.extra_scatter_gather(0, check_budget)
        h.stoprun = 0
        try:
            h.finitialize(h.v_init)
            failed = cvode.solve(total)
        except RuntimeError as error:
            raise SimulationError(f"NEURON failed: {error}") from None
        finally:
            h.stoprun = 0
            cvode.extra_scatter_gather_remove(check_budget)
        if recorder.size() > budget:
            raise SimulationError(f"the sweep took more than {budget} integrator steps")
        if failed or not (h.t >= total or stop_after_spike):
            raise SimulationError(f"the integrator stopped at {h.t:.6g} ms of {total:.6g} ms")

    def _on_spike(self) -> None:
        """Look again a little later when the soma crosses the threshold upwards."""
        if self._stop_after_spike:
            self._cvode.event(self._h.t + _AFTER_SPIKE, self._end_if_below)

    def _end_if_below(self) -> None:
        if self._open_cell().soma.v < _SPIKE_THRESHOLD:
            self._h.stoprun = 1
        else:
            self._on_spike()

    def _site(self, recording: Recording) -> Any | None:
        if recording not in self._sites:
            site = self._open_cell().segment_at(recording.location)
            if site is not None and not hasattr(site, f"_ref_{recording.variable}"):
                raise IonfoError(
                    f"recording '{recording.name}': section '{site.sec.name()}' has no variable "
                    f"'{recording.variable}'"
                )
            self._sites[recording] = site
        return self._sites[recording]

    def _open_cell(self) -> Cell:
        if self.cell is None:
            raise IonfoError("this Simulator was closed when another cell was built")
        return self.cell
