"""One model at a time, watched from inside, in a process of its own that can be stopped.

The driver starts a model, reads what has happened whenever it likes, and may cancel it: the process
is killed, and the next model gets a new one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...emodels import Missing
from ...emodels.membrane_currents import Inside, MembraneCurrents, inside, sections_of
from ...emodels.sweep import BudgetSpent
from ...errors import IonfoError
from ...features import Response
from .evaluator import Evaluation, Evaluator, EvaluatorSpec, Known, failed_evaluation
from .pool import main_left_out
from .stop import ignore_signals
from .traces import thinned_index

Array = NDArray[np.float64]

CANCELLED = "cancelled"
"""What is told of a model that was stopped."""

_MOST_FRAMES = 200  # of the voltage along the cell


@dataclass(frozen=True)
class Swept:
    """What one protocol showed, thinned for drawing.

    Attributes
    ----------
    t, voltage : ndarray, shape (n_time,)
        Times (ms) and somatic voltage (mV).
    currents : dict of str to MembraneCurrents
        Place -> its currents at these times.
    frames : ndarray, shape (n_frames,)
        Times (ms) of
    along : ndarray, shape (n_sections, n_frames)
        the voltages in the middle of the sections (mV).
    """

    t: Array
    voltage: Array
    currents: dict[str, MembraneCurrents]
    frames: Array
    along: Array


@dataclass
class Watched:
    """A model, as far as it has been simulated.

    Attributes
    ----------
    theta : tuple of float
        Its free parameters.
    protocols : list of str
        Those done.
    n_protocols : int
        Of all.
    swept : dict of str to Swept
        Steps and current clamps done.
    evaluation : Evaluation or None
        Features and scores, once all is done.
    error : str
        Why it has none; empty while nothing is wrong.
    """

    theta: tuple[float, ...]
    n_protocols: int
    protocols: list[str] = field(default_factory=list)
    swept: dict[str, Swept] = field(default_factory=dict)
    evaluation: Evaluation | None = None
    error: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing more will come."""
        return self.evaluation is not None or bool(self.error)


class CellProcess:
    """Simulates one model after the other in a child process.

    Parameters
    ----------
    spec : EvaluatorSpec
        Of the cell.
    n_protocols : int
        Of the e-model.
    """

    def __init__(self, spec: EvaluatorSpec, n_protocols: int) -> None:
        self._spec = spec
        self._n_protocols = n_protocols
        self._child: Any = None
        self._end: Connection | None = None
        self._now: Watched | None = None
        self.sections: list[tuple[str, Array]] = []
        """Region and course of every section, once the cell has been built."""

    def start(self, theta: Sequence[float], fixed: Mapping[str, float] | None = None) -> Watched:
        """Begin a model; one that is being simulated is cancelled.

        Parameters
        ----------
        theta : sequence of float
            Free parameters.
        fixed : mapping of str to float, optional
            Other values for fixed parameters.
        """
        if self._now is not None and not self._now.is_done:
            self.cancel()
        if self._child is None or not self._child.is_alive():
            self._spawn()
        assert self._end is not None
        self._now = Watched(tuple(map(float, theta)), self._n_protocols)
        self._end.send((self._now.theta, dict(fixed or {})))
        return self._now

    def look(self, timeout: float = 0.0) -> Watched | None:
        """Take in what the process has told by now, and give the model as far as it is.

        Parameters
        ----------
        timeout : float
            How long to wait for news (s).
        """
        now, end = self._now, self._end
        if now is None or now.is_done or end is None:
            return now
        with suppress(EOFError, OSError):
            while not now.is_done and end.poll(timeout):
                timeout = 0.0
                self._take(now, end.recv())
        if not now.is_done and not self._child.is_alive() and not end.poll():
            now.error = f"the process that simulates it ended (exit code {self._child.exitcode})"
        return now

    def cancel(self) -> None:
        """Stop what is being simulated; the process ends."""
        if self._now is not None and not self._now.is_done:
            self._now.error = CANCELLED
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child = None
        if self._end is not None:
            self._end.close()
            self._end = None

    def _spawn(self) -> None:
        self.close()
        context = get_context("spawn")  # a forked child would share the parent's NEURON
        self._end, far = context.Pipe()
        self._child = context.Process(target=_serve, args=(far, self._spec), daemon=True)
        with main_left_out():
            self._child.start()
        far.close()

    def _take(self, now: Watched, message: tuple[str, Any]) -> None:
        kind, content = message
        if kind == "cell":
            self.sections = content
        elif kind == "protocol":
            name, swept = content
            now.protocols.append(name)
            if swept is not None:
                now.swept[name] = swept
        elif kind == "done":
            now.evaluation = content
        else:
            now.error = content


def _serve(end: Connection, spec: EvaluatorSpec) -> None:
    """Simulate what is sent, until nobody is there any more."""
    ignore_signals()
    try:
        evaluator = Evaluator(spec)
    except IonfoError as error:
        end.send(("error", str(error)))
        return
    with suppress(EOFError, OSError):  # the driver has gone
        end.send(("cell", sections_of(evaluator.simulator)))
        while True:
            theta, fixed = end.recv()
            try:
                _simulate(end, evaluator, theta, fixed)
            except (ArithmeticError, RuntimeError, ValueError, IonfoError) as error:
                end.send(("error", f"the simulation raised {type(error).__name__}: {error}"))


def _simulate(
    end: Connection, evaluator: Evaluator, theta: Sequence[float], fixed: Mapping[str, float]
) -> None:
    emodel, simulator = evaluator.emodel, evaluator.simulator
    simulator.set_parameters(theta, fixed)
    known = Known(emodel, evaluator.cost)
    steps: dict[str, int] = {}
    try:
        for name, response, within in inside(simulator, evaluator.order):
            steps[name] = simulator.n_steps - sum(steps.values())
            known.add(name, response)
            swept = None
            if within is not None and not isinstance(response, Missing):
                swept = _thinned(response, within)
            end.send(("protocol", (name, swept)))
        found = known.evaluation(steps)
    except BudgetSpent as why:
        found = failed_evaluation(emodel, evaluator.cost, str(why))
    end.send(("done", found))


def _thinned(response: Response, within: Inside) -> Swept:
    voltage = response.recordings["soma.v"]
    index = thinned_index(response.t, voltage)
    few = index[np.linspace(0, len(index) - 1, min(_MOST_FRAMES, len(index))).astype(int)]
    currents = {
        place: MembraneCurrents(
            one.t[index], one.voltage[index],
            {name: values[index] for name, values in one.currents.items()}, one.capacitive[index],
        )
        for place, one in within.currents.items()
    }  # fmt: skip
    return Swept(
        response.t[index], voltage[index], currents, response.t[few], within.voltages[:, few]
    )
