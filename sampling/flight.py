"""What is in flight, so that a parameter set that kills its worker is found and set aside.

    in-flight.json   requests handed out and not yet done; there only while a run is alive
    failed.json      parameter sets that are not evaluated again, and why

After a death everything that was in flight is suspect.  The next start evaluates the suspects
first, in small groups (one by one when they are few), so that at another death only the group is
suspect.  A parameter set that was in flight at three deaths in a row, at the last one alone,
counts as a failed evaluation for ever, and every later start repeats that.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..emodels import EModel
from ..errors import IonfoError
from ..features.scores import CostName
from .evaluator import Evaluation, failed_evaluation
from .files import write_text
from .pool import ModelRequest

DEATHS = 3
"""Deaths in a row after which a parameter set is set aside."""

_REASON = f"the worker died {DEATHS} times in a row on this parameter set"
_GROUPS = 32  # suspects are tried in at most so many groups
_QUICK = 1e-3  # s; a write that takes no longer is always made
_SHARE = 0.1  # of the driver's time may go into writing the record


@dataclass(frozen=True)
class Suspect:
    """A request in flight when a run died.

    Attributes
    ----------
    theta, bound, cost, order, max_steps
        Of the request.
    deaths : int
        Deaths in a row with it in flight.
    rank : int or None
        Who had begun it; None where that is not known.
    """

    theta: tuple[float, ...]
    bound: float
    cost: CostName | None
    order: tuple[str, ...] | None
    deaths: int
    rank: int | None
    max_steps: int | None = None

    @property
    def request(self) -> ModelRequest:
        """The request."""
        return ModelRequest(
            self.theta, self.bound, cost=self.cost, order=self.order, max_steps=self.max_steps
        )


_Key = tuple[tuple[float, ...], float, CostName | None, tuple[str, ...] | None, int | None]


def _key(one: ModelRequest | Suspect) -> _Key:
    return one.theta, one.bound, one.cost, one.order, one.max_steps


def _suspected(one: ModelRequest, deaths: int, rank: int | None) -> Suspect:
    return Suspect(one.theta, one.bound, one.cost, one.order, deaths, rank, one.max_steps)


class FlightRecord:
    """Keep the record of one run.

    Parameters
    ----------
    folder : Path or None
        The run folder; None keeps nothing.
    emodel : EModel, optional
        Gives the form of a failed evaluation.
    cost : {"max", "sum", "mean"}
        How its scores are combined.
    """

    def __init__(
        self, folder: Path | None, emodel: EModel | None = None, cost: CostName = "max"
    ) -> None:
        self.folder = folder
        self.emodel = emodel
        self.cost: CostName = cost
        self._flying: dict[int, Suspect] = {}
        self._done: dict[_Key, Evaluation] = {}
        self._deaths: dict[_Key, int] = {}
        self._failed: set[tuple[float, ...]] = set()
        self._is_behind = False
        self._wrote, self._took = 0.0, 0.0
        self.suspects: list[Suspect] = []
        """What was in flight when the last run died, but for what is set aside."""
        if folder is not None:
            self._failed = set(read_failed(folder))
            self.suspects = self._judge(read_suspects(folder))

    def _judge(self, suspects: list[Suspect]) -> list[Suspect]:
        """Set aside a suspect that has died often enough, the last time alone."""
        assert self.folder is not None
        if len(suspects) == 1 and suspects[0].deaths >= DEATHS:
            self._failed.add(suspects[0].theta)
            write_text(
                self.folder / "failed.json",
                json.dumps([list(theta) for theta in sorted(self._failed)]) + "\n",
            )
            (self.folder / "in-flight.json").unlink()
            return []
        self._deaths = {_key(one): one.deaths for one in suspects}
        return suspects

    def told(self) -> Iterable[str]:
        """Say what a dead run had in flight, and what is set aside."""
        if self.suspects:
            yield (
                f"the last run died with {len(self.suspects)} evaluations in flight, which are "
                "tried first; " + describe(self.suspects)
            )
        if self._failed:
            yield (f"{len(self._failed)} parameter sets count as failed: {_REASON} ('failed.json')")

    def groups(self) -> Iterable[list[ModelRequest]]:
        """Give the suspects in groups to evaluate one after the other."""
        size = math.ceil(len(self.suspects) / _GROUPS)
        for i in range(0, len(self.suspects), max(1, size)):
            yield [one.request for one in self.suspects[i : i + size]]

    def acquit(self, requests: Iterable[ModelRequest], found: Iterable[Evaluation]) -> None:
        """Keep the results of suspects for when the chain asks for them."""
        self._done.update(zip((_key(one) for one in requests), found, strict=True))

    def known(self, request: ModelRequest) -> Evaluation | None:
        """Give the evaluation of what is set aside or has just been found; else None."""
        if request.theta in self._failed and self.emodel is not None:
            return failed_evaluation(self.emodel, request.cost or self.cost, _REASON)
        return self._done.pop(_key(request), None) if self._done else None

    def begin(self, ticket: int, request: ModelRequest) -> None:
        """Note that a request is handed out."""
        deaths = self._deaths.get(_key(request), 0)
        self._flying[ticket] = _suspected(request, deaths, None)
        self._is_behind = True
        self.write(now=deaths > 0)

    def tell_rank(self, ticket: int, rank: int) -> None:
        """Note who works on it."""
        if ticket in self._flying:
            one = self._flying[ticket]
            self._flying[ticket] = replace(one, rank=rank)
            self._is_behind = True

    def end(self, ticket: int) -> None:
        """Note that it is done."""
        one = self._flying.pop(ticket)
        self._is_behind = True
        if self._deaths.pop(_key(one), 0):
            self.write(now=True)  # it is no suspect any more

    def write(self, now: bool = False) -> None:
        """Bring the file up to date, if that does not take too much of the driver's time."""
        began = time.monotonic()
        if self.folder is None or not self._is_behind:
            return
        is_slow = self._took > _QUICK
        if not now and is_slow and began - self._wrote < self._took / _SHARE:
            return
        path = self.folder / "in-flight.json"
        flying = [asdict(one) for one in self._flying.values()]
        write_text(path, json.dumps(flying) + "\n", is_safe=False)
        self._wrote = time.monotonic()
        self._took = self._wrote - began
        self._is_behind = False

    def close(self) -> None:
        """Remove the record of a run that ended in order."""
        if self.folder is not None:
            (self.folder / "in-flight.json").unlink(missing_ok=True)


def describe(suspects: list[Suspect], n_shown: int = 3) -> str:
    """Name rank and parameters of what was in flight."""
    lines = []
    for one in suspects[:n_shown]:
        who = "a worker" if one.rank is None else f"rank {one.rank}"
        values = ", ".join(f"{value:.6g}" for value in one.theta)
        lines.append(f"{who}: theta ({values}), deaths in a row {one.deaths}")
    more = len(suspects) - n_shown
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")


def read_suspects(folder: Path) -> list[Suspect]:
    """Read what was in flight when a run died, this death counted; empty when none did.

    Raises
    ------
    IonfoError
        If the record is damaged.
    """
    path = folder / "in-flight.json"
    try:
        return [_suspect(one) for one in json.loads(path.read_text())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise IonfoError(f"'{path}' is damaged; remove it: nothing of the chain is in it") from None


def _suspect(one: dict[str, Any]) -> Suspect:
    cost: CostName | None = one["cost"]
    return Suspect(
        tuple(float(value) for value in one["theta"]),
        float(one["bound"]),
        cost,
        None if one["order"] is None else tuple(str(name) for name in one["order"]),
        int(one["deaths"]) + 1,
        None if one["rank"] is None else int(one["rank"]),
        None if one.get("max_steps") is None else int(one["max_steps"]),
    )


def read_failed(folder: Path) -> list[tuple[float, ...]]:
    """Read the parameter sets that are set aside.

    Raises
    ------
    IonfoError
        If the list is damaged.
    """
    path = folder / "failed.json"
    try:
        return [tuple(float(value) for value in theta) for theta in json.loads(path.read_text())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, RecursionError):
        raise IonfoError(
            f"'{path}' is damaged: it must be a list of parameter sets; without it the chain "
            "would not be the same"
        ) from None
