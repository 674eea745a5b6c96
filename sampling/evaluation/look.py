"""Build a cell and run one model in a process of its own, and bring back what can be looked at."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...emodels import Missing, ProtocolRunner, Simulator, cheap_first, parse_emodel
from ...emodels.sweep import BudgetSpent
from ...errors import IonfoError
from ...features import extract_features, z_score
from .evaluator import EvaluatorSpec
from .pool import main_left_out
from .traces import Traces, outline, thinned


@dataclass(frozen=True)
class Seen:
    """A cell and one model of it.

    Attributes
    ----------
    outline : DataFrame
        ``region``, ``x_um``, ``y_um`` of the sections, with NaN between them.
    regions : dict
        Region -> sections, segments and length (um).
    sites : dict
        ``protocol.recording`` -> section, x (0 to 1), path distance from the soma (um), and its
        place x, y (um); None where the morphology has no such place.
    traces : dict
        Protocol -> times (ms) and somatic voltages (mV), thinned.
    features : DataFrame
        ``feature``, ``value``, ``mean``, ``std``, ``unit``, ``score``, ``missing`` (why), in the
        order of the definition.
    seconds : float
        Of the model, without the start.
    n_steps : int
        Integrator steps of the model.
    """

    outline: pd.DataFrame
    regions: dict[str, tuple[int, int, float]]
    sites: dict[str, tuple[str, float, float, float, float] | None]
    traces: Traces = field(default_factory=dict)
    features: pd.DataFrame = field(default_factory=pd.DataFrame)
    seconds: float = 0.0
    n_steps: int = 0


def look_at(spec: EvaluatorSpec, theta: NDArray[np.float64], fixed: Mapping[str, float]) -> Seen:
    """Build the cell in a child process, place every recording, and run one model.

    Parameters
    ----------
    spec : EvaluatorSpec
        Of the cell.
    theta : ndarray, shape (n_parameters,)
        Free parameters.
    fixed : mapping of str to float
        Other values of fixed parameters.

    Raises
    ------
    IonfoError
        If the cell cannot be built, or ends the process that builds it.
    """
    context = get_context("spawn")  # a forked child would share the parent's NEURON
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(sender, spec, theta, dict(fixed)))
    with main_left_out():
        child.start()
    sender.close()
    try:
        wait([receiver, child.sentinel])
        found: Seen | Exception | None = None
        with suppress(EOFError, OSError):
            if receiver.poll():
                found = receiver.recv()
        if isinstance(found, Exception):
            raise found
        if found is not None:
            return found
        child.join()
        raise IonfoError(
            f"NEURON ends the process that builds this cell or runs its model (exit code "
            f"{child.exitcode}); take mechanisms out one by one to find which does it"
        )
    finally:
        child.kill()
        child.join()
        receiver.close()


def _answer(
    sender: Connection, spec: EvaluatorSpec, theta: NDArray[np.float64], fixed: dict[str, float]
) -> None:
    try:
        sender.send(_seen(spec, theta, fixed))
    except IonfoError as error:
        sender.send(error)
    except Exception:  # a fault of ionfo, whose report goes to the parent
        sender.send(RuntimeError(traceback.format_exc()))


def _seen(spec: EvaluatorSpec, theta: NDArray[np.float64], fixed: dict[str, float]) -> Seen:
    emodel = parse_emodel(spec.definition, "definition")
    simulator = Simulator(
        emodel,
        None if spec.morphology is None else Path(spec.morphology),
        None if spec.mechanisms is None else Path(spec.mechanisms),
        spec.numerics,
    )
    cell = simulator.cell
    assert cell is not None
    drawn = outline(simulator)
    regions = {
        name: (
            len(sections),
            sum(int(section.nseg) for section in sections),
            float(sum(section.L for section in sections)),
        )
        for name, sections in cell.sections.items()
    }
    sites: dict[str, tuple[str, float, float, float, float] | None] = {}
    for protocol in emodel.protocols:
        for recording in protocol.recordings:
            segment = cell.segment_at(recording.location)
            sites[f"{protocol.name}.{recording.name}"] = (
                None
                if segment is None
                else (
                    segment.sec.name().partition(".")[2],
                    float(segment.x),
                    cell.distance(segment),
                    *_point(segment),
                )
            )
    simulator.set_parameters(theta, fixed, emodel.max_steps * len(emodel.protocols))
    began = time.process_time()
    traces: Traces = {}
    values: dict[str, tuple[float, float, str]] = {}
    with suppress(BudgetSpent):
        for name, response in ProtocolRunner(simulator, cheap_first(emodel)).run():
            targets = [target for target in emodel.targets if target.protocol == name]
            if isinstance(response, Missing):
                values |= dict.fromkeys(
                    (target.name for target in targets), (np.nan, np.nan, response.reason)
                )
                continue
            if "soma.v" in response.recordings:  # a search may have none
                traces[name] = thinned(response.t, response.recordings["soma.v"], 1000)
            found = extract_features(response, targets, emodel.efel_settings)
            for target in targets:
                one = found[target.name]
                score = z_score(one.values, target.mean, target.std, not target.is_search_result)
                value = np.nan if one.values is None else float(one.values.mean())
                values[target.name] = (value, score, one.reason)
    why = (np.nan, np.nan, "an earlier protocol has no response")
    rows = [
        (one.name, values.get(one.name, why)[0], one.mean, one.std, one.unit,
         *values.get(one.name, why)[1:])
        for one in emodel.features
    ]  # fmt: skip
    columns = ["feature", "value", "mean", "std", "unit", "score", "missing"]
    return Seen(
        drawn,
        regions,
        sites,
        traces,
        pd.DataFrame(rows, columns=columns),
        time.process_time() - began,
        simulator.n_steps,
    )


def _point(segment: object) -> tuple[float, float]:
    """Find where a segment lies in the plane of x and y (um)."""
    section = segment.sec  # type: ignore[attr-defined]
    n = int(section.n3d())
    arc = np.array([section.arc3d(i) for i in range(n)])
    at = segment.x * section.L  # type: ignore[attr-defined]
    x = np.interp(at, arc, [section.x3d(i) for i in range(n)])
    y = np.interp(at, arc, [section.y3d(i) for i in range(n)])
    return float(x), float(y)
