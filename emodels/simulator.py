"""Play a current into the soma of the persistent cell and record what happens.

Every run sets all globals it depends on and starts from `finitialize`, so its result is a
function of the parameters and the current alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import IonfoError
from ..features import Response
from .cell import Cell
from .definition import EModel
from .inputs import Inputs
from .numerics import DEFAULT, Numerics
from .protocol_kinds import Recording
from .sweep import (
    BudgetSpent,
    Held,
    SimulationError,
    SimulationRecord,
    Sweep,
    copied,
    corners_after,
)

_SPIKE_THRESHOLD = -20.0  # mV
_AFTER_SPIKE = 3.0  # ms
_CALLS_BETWEEN_CHECKS = 64  # several calls a step; asking at each would cost a third


class Simulator:
    """One cell, many simulations.

    A process holds one cell: a new `Simulator` closes the one before it.

    Parameters
    ----------
    emodel : EModel
        Definition of the cell.
    morphology, mechanisms : Path, optional
        See `ionfo.emodels.cell.Cell`.
    numerics : Numerics
        How the equations are integrated.
    """

    _current: Simulator | None = None

    def __init__(
        self,
        emodel: EModel,
        morphology: Path | None = None,
        mechanisms: Path | None = None,
        numerics: Numerics = DEFAULT,
    ) -> None:
        if Simulator._current is not None:
            Simulator._current.close()
        self.emodel = emodel
        self.numerics = numerics
        self.cell: Cell | None = Cell(emodel, morphology, mechanisms)
        self._inputs = Inputs(self.cell, emodel.protocols)
        Simulator._current = self
        self._h: Any = self.cell.h
        self._clamp = self._h.IClamp(self.cell.soma)
        self._spike_detector = self._h.NetCon(self.cell.soma._ref_v, None, sec=self.cell.soma.sec)
        self._spike_detector.threshold = _SPIKE_THRESHOLD
        self._spike_detector.record(self._on_spike)
        self._last_crossing = -np.inf
        self._cvode = self._h.CVode()
        self._values = dict.fromkeys((p.name for p in emodel.parameters), 0.0)
        self._sites: dict[Recording, Any] = {}
        self._tables = [
            # not every table is made anew when a GLOBAL variable changes that it depends on
            (getattr(self._h, f"_ref_usetable_{suffix}"),
             any(name.endswith(f"_{suffix}") for name in emodel.global_names))
            for suffix in sorted({s for many in emodel.mechanisms.values() for s in many})
            if hasattr(self._h, f"usetable_{suffix}")
        ]  # fmt: skip
        self._held: dict[tuple[float, float, tuple[Recording, ...]], Held] = {}
        self._vectors: dict[str | Recording, Any] = {}
        # played for ever: only the numbers change from sweep to sweep
        self._vector("corners").from_python([0.0])
        self._vector("current").from_python([0.0])
        self._vector("current").play(self._clamp._ref_amp, self._vector("corners"), 1)
        self.clock: Callable[[], float] = lambda: 0.0
        """Gives the CPU seconds of the log; asking an operating system takes time itself."""
        self.log: list[SimulationRecord] = []
        """The simulations since `set_parameters`."""
        self._max_steps: int | None = None

    @property
    def n_steps(self) -> int:
        """Integrator steps since `set_parameters`."""
        return sum(record.n_steps for record in self.log)

    def close(self) -> None:
        """Remove the cell, so that another one can be built."""
        if self.cell is not None:
            self._clamp = None
            self._spike_detector = None
            self._sites = {}
            self._vectors["current"].play_remove()
            self._vectors = {}
            self._held = {}
            self._inputs.close()
            self.cell.close()
            self.cell = None
            Simulator._current = None

    def set_parameters(
        self,
        theta: Sequence[float] | NDArray[np.float64],
        fixed: Mapping[str, float] | None = None,
        max_steps: int | None = None,
    ) -> None:
        """Set the free parameters, and reset all others.

        Parameters
        ----------
        theta : array_like, shape (n_parameters,)
            Free parameters, in the order and units of the definition.
        fixed : mapping of str to float, optional
            Other values for fixed parameters, for this parameter set only.
        max_steps : int, optional
            Integrator steps that all its sweeps together may take; `BudgetSpent` beyond.
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
        self._held = {}
        self.log = []
        self._max_steps = max_steps

    def run(
        self,
        sweep: Sweep,
        recordings: Sequence[Recording],
        stop_when: Callable[[Callable[[], Response]], bool] | None = None,
        held: Held | None = None,
    ) -> Response:
        """Simulate one sweep from `v_init`.

        Parameters
        ----------
        sweep : Sweep
            The current.
        recordings : sequence of Recording
            What to record; sites that the morphology does not have are left out.
        stop_when : callable, optional
            Asked 3 ms or a few steps more after the soma has crossed -20 mV upwards, once it
            is below again, with a function that gives the response so far; true ends the sweep.
            Asking changes no step of the integrator.
        held : Held, optional
            Start from this state; corners before its end are left out.

        Returns
        -------
        Response
            Traces at the integrator's own steps.

        Raises
        ------
        SimulationError
            If the integrator fails, takes more steps than the definition allows, or gives
            values that are not finite.
        BudgetSpent
            If all sweeps of this parameter set together take more steps than it may.
        """
        corners = list(zip(sweep.times, sweep.currents, strict=True))
        elsewhere = dict(sweep.elsewhere)
        if held is not None:
            corners = corners_after(corners, held.duration)
            elsewhere = {site: corners_after(one, held.duration) for site, one in elsewhere.items()}

        def response() -> Response:
            t, traces = copied(recorder, vectors)
            if held is not None:
                after = t >= held.duration
                t = np.concatenate([held.t, t[after]])
                traces = {
                    site: np.concatenate([held.traces[site], values[after]])
                    for site, values in traces.items()
                }
            named = {site.name: values for site, values in traces.items()}
            return Response(t, named, *sweep.window, sweep.stimulus_current, sweep.holding_current)

        with (
            self._inputs.playing(elsewhere, sweep.synapses, sweep.total),
            self._playing(corners, sweep.total, recordings) as (recorder, vectors),
        ):
            self._integrate(
                sweep.total,
                recorder,
                None if stop_when is None else lambda: stop_when(response),
                held,
            )
            found = response()
            self._empty_queue(sweep.total)
        if not all(np.isfinite(trace).all() for trace in found.recordings.values()):
            raise SimulationError("a recorded trace is not finite")
        return found

    def hold(self, current: float, duration: float, recordings: Sequence[Recording]) -> Held:
        """Hold the cell at a constant current from `v_init`, once per current and duration.

        Parameters
        ----------
        current : float
            Holding current (nA).
        duration : float
            How long (ms).
        recordings : sequence of Recording
            All that any sweep from this state will record.

        Raises
        ------
        SimulationError
            As `run`.
        """
        key = (current, duration, tuple(recordings))
        if key not in self._held:
            with self._playing([(0.0, current)], duration, recordings) as (recorder, vectors):
                self._integrate(duration, recorder, None, None)
                states = self._vector(f"states {len(self._held)}")
                self._cvode.states(states)
                t, traces = copied(recorder, vectors)
            self._held[key] = Held(duration, current, states, t, traces)
        return self._held[key]

    def record_at(self, name: str, segment: Any) -> Recording:
        """Make a recording, whose name ends in its variable, at any segment of this cell."""
        recording = Recording(name=name)
        self._sites[recording] = segment
        return recording

    @contextmanager
    def _playing(
        self,
        corners: Sequence[tuple[float, float]],
        total: float,
        recordings: Sequence[Recording],
    ) -> Iterator[tuple[Any, dict[Recording, Any]]]:
        """Set every global, play a current, and give the recorders of times and variables."""
        self._open_cell()
        h = self._h
        h.celsius = self._values["celsius"]
        h.v_init = self._values["v_init"]
        h.dt = 0.025
        for name in self.emodel.global_names:
            setattr(h, name, self._values[name])
        for table, is_stale in self._tables:
            table[0] = 0.0 if self.numerics.exact_rates or is_stale else 1.0
        cvode = self._cvode
        cvode.active(1)
        cvode.use_local_dt(0)
        cvode.atol(self.emodel.cvode_atol)
        cvode.rtol(0.0)
        cvode.minstep(0.0)
        cvode.maxstep(1e9)
        cvode.maxorder(self.numerics.max_order or self.emodel.cvode_max_order)

        self._clamp.delay = 0.0
        self._clamp.dur = total
        self._vector("corners").from_python([time for time, _ in corners])
        self._vector("current").from_python([current for _, current in corners])
        self._clamp.amp = corners[0][1]
        recorder = self._vector("t")
        recorder.record(h._ref_t)
        vectors = {}
        for recording in recordings:
            site = self._site(recording)
            if site is not None:
                vectors[recording] = self._vector(recording)
                vectors[recording].record(getattr(site, f"_ref_{recording.variable}"))
        try:
            yield recorder, vectors
        finally:
            for vector in (recorder, *vectors.values()):
                vector.play_remove()

    def _empty_queue(self, total: float) -> None:
        """Deliver the corners of the stimulus that NEURON still has in its queue.

        It loses their memory when the next sweep begins.  A stopped sweep goes on by one coarse
        step of the other integrator.  No trace has been read so far ahead, and the next sweep
        sets all anew.
        """
        with suppress(RuntimeError):
            if self._h.t >= total:
                self._cvode.solve(total + 1e-6)
            else:
                self._cvode.active(0)
                self._h.dt = total - self._h.t + 1.0
                self._h.fadvance()
                self._h.fadvance()

    def _vector(self, use: str | Recording) -> Any:
        """Give the one Vector of a use; NEURON loses some memory with every new one."""
        if use not in self._vectors:
            self._vectors[use] = self._h.Vector()
        return self._vectors[use]

    def _integrate(
        self,
        total: float,
        recorder: Any,
        stop_when: Callable[[], bool] | None,
        held: Held | None,
    ) -> None:
        """Integrate in one call, twice as fast as steps from Python.

        Budget and `stop_when` are looked at from a callback of the right-hand side, which
        cannot change the integrator's steps as an event would.
        """
        h, cvode = self._h, self._cvode
        left = np.inf if self._max_steps is None else self._max_steps - self.n_steps
        budget = min(self.emodel.max_steps, left)
        n_calls = 0
        asked = -np.inf
        was_stopped = False

        def check() -> None:
            nonlocal n_calls, asked, was_stopped
            n_calls += 1
            if n_calls % _CALLS_BETWEEN_CHECKS:
                return
            n_so_far = int(recorder.size())
            if n_so_far > budget:
                h.stoprun = 1
            elif (
                stop_when is not None
                and self._last_crossing > asked
                and recorder.x[n_so_far - 1] > self._last_crossing + _AFTER_SPIKE
                and self._open_cell().soma.v < _SPIKE_THRESHOLD
            ):
                asked = self._last_crossing
                if stop_when():
                    was_stopped = True
                    h.stoprun = 1

        began = self.clock()
        self._last_crossing = -np.inf
        cvode.extra_scatter_gather(0, check)
        h.stoprun = 0
        try:
            h.finitialize(h.v_init)
            if held is not None:
                cvode.yscatter(held.states)
                h.t = held.duration
                cvode.re_init()
            failed = cvode.solve(total)
        except RuntimeError as error:
            raise SimulationError(f"NEURON failed: {error}") from None
        finally:
            h.stoprun = 0
            cvode.extra_scatter_gather_remove(check)
            n_steps = int(recorder.size())
            self.log.append(SimulationRecord(n_steps, n_calls, self.clock() - began))
        if n_steps > left:
            raise BudgetSpent(f"the evaluation took more than {self._max_steps} integrator steps")
        if n_steps > budget:
            raise SimulationError(f"the sweep took more than {budget} integrator steps")
        if failed or not (h.t >= total or was_stopped):
            raise SimulationError(f"the integrator stopped at {h.t:.6g} ms of {total:.6g} ms")

    def _on_spike(self) -> None:
        """Note when the soma last crossed the threshold upwards."""
        self._last_crossing = self._h.t

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
