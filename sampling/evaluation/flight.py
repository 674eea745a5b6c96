"""What is in flight, so that a parameter set that kills its worker is found and set aside.

    in-flight.json   requests handed out and not yet done; there while a run is alive, and after
                     it has ended in a way that was not its own
    failed.json      parameter sets that are not evaluated again, and how their processes ended

Whatever was in flight when a session ended otherwise than by its own decision is suspect: a
worker may have died of it, or somebody has killed the run.  The next session evaluates the
suspects first, each in a process of its own (`ionfo.sampling.evaluation.alone`): all at once or,
where that has ended a session too, one by one.  Only what kills such processes again and again,
while the driver lives, counts as a failed evaluation for ever; later sessions repeat that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...emodels import EModel
from ...errors import IonfoError, why_unread
from ...features.scores import CostName
from ...tables.files import read_sealed, write_sealed, write_text
from .evaluator import Evaluation, failed_evaluation
from .pool import ModelRequest

_QUICK = 1e-3  # s; a write that takes no longer is always made
_SHARE = 0.1  # of the driver's time may go into writing the record


@dataclass(frozen=True)
class Condemned:
    """A parameter set that counts as a failed evaluation for ever.

    Attributes
    ----------
    theta : tuple of float
        Free parameters, in the order of the definition.
    how : str
        How the processes ended that evaluated nothing else, such as "SIGSEGV".
    """

    theta: tuple[float, ...]
    how: str

    @property
    def reason(self) -> str:
        """The reason of the failed evaluation."""
        return f"every process that evaluated it ended by {self.how}"


@dataclass(frozen=True)
class Suspect:
    """A request in flight when a session ended.

    Attributes
    ----------
    theta, bound, cost, order, max_steps
        Of the request.
    deaths : int
        Sessions in a row that ended with it in flight, for whatever reason.
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
            self.theta,
            self.bound,
            cost=self.cost,
            order=self.order,
            max_steps=self.max_steps,
            alone=True,
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
        self.condemned: dict[tuple[float, ...], Condemned] = {}
        """What is not evaluated again, by its parameters."""
        self._is_behind = False
        self._wrote, self._took = 0.0, 0.0
        self.suspects: list[Suspect] = []
        """What was in flight when the last session ended."""
        if folder is not None:
            self.condemned = {one.theta: one for one in read_condemned(folder)}
            self.suspects = [
                one for one in read_suspects(folder) if one.theta not in self.condemned
            ]
            self._deaths = {_key(one): one.deaths for one in self.suspects}

    def told(self) -> Iterable[str]:
        """Say what the last session had in flight, and what is set aside."""
        if self.suspects:
            yield (
                f"the last session ended with {len(self.suspects)} evaluations in flight, which "
                f"are tried first, each in a process of its own: {describe(self.suspects)}"
            )
        if self.condemned:
            yield condemned_told(list(self.condemned.values()))

    def groups(self) -> Iterable[list[ModelRequest]]:
        """Give the suspects in groups to evaluate one after the other."""
        requests = [one.request for one in self.suspects]
        if any(one.deaths > 1 for one in self.suspects):
            return [[one] for one in requests]
        return [requests] if requests else []

    def judge(self, requests: Iterable[ModelRequest], found: Iterable[Evaluation]) -> None:
        """Keep the results of suspects for when they are asked for; set aside what kills."""
        for request, one in zip(requests, found, strict=True):
            if one.died is None:
                self._done[_key(request)] = one
            else:
                self._condemn(Condemned(request.theta, one.died))

    def _condemn(self, one: Condemned) -> None:
        self.condemned[one.theta] = one
        if self.folder is not None:
            ordered = sorted(self.condemned.values(), key=lambda each: each.theta)
            content = [{"theta": list(each.theta), "how": each.how} for each in ordered]
            write_sealed(self.folder / "failed.json", {"condemned": content})

    def known(self, request: ModelRequest) -> Evaluation | None:
        """Give the evaluation of what is set aside or has just been found; else None."""
        if request.theta in self.condemned and self.emodel is not None:
            reason = self.condemned[request.theta].reason
            return failed_evaluation(self.emodel, request.cost or self.cost, reason)
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
        again = f", at the end of {one.deaths} sessions in a row" if one.deaths > 1 else ""
        lines.append(f"{who}: theta ({values}){again}")
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


def condemned_told(condemned: Sequence[Condemned]) -> str:
    """Say what is set aside, in a sentence."""
    shown = [
        f"({', '.join(f'{value:.6g}' for value in one.theta)}) by {one.how}"
        for one in condemned[:3]
    ]
    more = f", and {len(condemned) - 3} more" if len(condemned) > 3 else ""
    return (
        f"{len(condemned)} parameter sets count as failed evaluations, because every process that "
        f"evaluated one of them ended: theta {'; '.join(shown)}{more} ('failed.json')"
    )


def read_condemned(folder: Path) -> list[Condemned]:
    """Read the parameter sets that are set aside.

    Raises
    ------
    IonfoError
        If the list is damaged.
    """
    path = folder / "failed.json"
    try:
        content = read_sealed(path)
        if isinstance(content, list):  # as it was written before it said how
            content = {"condemned": [{"theta": theta, "how": "a signal"} for theta in content]}
        return [
            Condemned(tuple(float(value) for value in one["theta"]), str(one["how"]))
            for one in content["condemned"]
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise IonfoError(
            f"'{path}' is damaged ({why_unread(error)}): it must be the list of parameter sets "
            "that count as failed; without it the chain would not be the same"
        ) from None
