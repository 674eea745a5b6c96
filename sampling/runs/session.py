"""What every session of a run does around its work, whatever is sampled or optimised."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ...errors import IonfoError
from ..evaluation import mpi
from ..evaluation.pool import evaluate
from ..evaluation.scheduler import Scheduler, SharedPool
from ..evaluation.stop import StopRun
from ..evaluation.workers import WorkerDied
from .lock import writing
from .progress import Progress
from .run_folder import RunFolder

WAY_OUT = "choose another folder with --out, or start anew with --force"


@dataclass(frozen=True)
class Session:
    """How a run is carried out, which changes no result.

    Attributes
    ----------
    processes : int
        Local processes, when not under mpirun.
    report : callable
        Called as the run goes on.
    stopped : callable
        Called when a signal has stopped the run and all is stored.
    note : callable
        Given what the user should know before it begins.
    force : bool
        Move another run that is in the folder aside instead of refusing.
    """

    processes: int = 1
    report: Callable[[Progress], None] = lambda progress: None
    stopped: Callable[[StopRun], None] = lambda why: None
    note: Callable[[str], None] = lambda text: None
    force: bool = False


class End(Protocol):
    """Stores and logs where a run stands."""

    def __call__(self, event: str, **more: Any) -> None:
        """Do so, with what happened."""


def make_way(
    store: RunFolder, check: Callable[[], None], force: bool, note: Callable[[str], None]
) -> None:
    """Let the run of a folder go on, move another one aside, or see that the folder is free.

    Parameters
    ----------
    store : RunFolder
        The folder that is asked for.
    check : callable
        Raises if the run that is there was asked something else.
    force : bool
        Move such a run aside instead.
    note : callable
        Given where it then is.

    Raises
    ------
    IonfoError
        If another run or other files are in the way.
    """
    out = store.folder
    if (out / "run.json").exists():
        try:
            check()
        except IonfoError:
            if not force:
                raise
            note(f"the run that was in '{out}' is now in '{_move_aside(out)}'")
    if not (out / "run.json").exists():
        RunFolder.check_free(out)


def check_same(
    folder: Path,
    present: Mapping[str, Any],
    asked: Mapping[str, Any],
    what_mixes: str,
    free: frozenset[str] = frozenset(),
) -> None:
    """Check that two descriptions of a run ask the same.

    Parameters
    ----------
    folder : Path
        Where the run is, for words.
    present, asked : mapping
        Contents of run.json.
    what_mixes : str
        What could not mix them: a chain, a search.
    free : frozenset of str
        Settings that may differ.

    Raises
    ------
    IonfoError
        If anything else differs; it says what.
    """
    for key, name in (
        ("emodel_hash", "e-model or targets"),
        ("morphology", "morphology"),
        ("mechanisms_hash", "mechanisms"),
        ("versions", "versions"),
    ):
        was, now = present.get(key), asked[key]
        if was == now:
            continue
        what = f"other {name}"
        if key == "versions":
            was = was or {}
            changed = sorted(n for n in {*was, *now} if was.get(n) != now.get(n))
            what += " of " + ", ".join(f"{n} ({was.get(n)}, now {now.get(n)})" for n in changed)
        if key == "morphology":
            what += f" ('{(was or {}).get('file')}', now '{now.get('file')}')"
        raise IonfoError(
            f"run '{folder}' was made with {what}, and {what_mixes} cannot mix them; {WAY_OUT}"
        )
    settings, wanted = present["settings"], asked["settings"]
    for name in sorted({*settings, *wanted} - free):
        if settings.get(name) != wanted.get(name):
            shown = [_short(one) for one in (settings.get(name), wanted.get(name))]
            raise IonfoError(
                f"run '{folder}' was made with {name} {shown[0]}, not {shown[1]}, and "
                f"{what_mixes} cannot mix them; give the same, or {WAY_OUT}"
            )


def see_through(
    work: Callable[[], None],
    end: End,
    scheduler: Scheduler,
    stopped: Callable[[StopRun], None],
) -> None:
    """Try what was in flight when the last session died, work, and tell the end.

    Raises
    ------
    StopRun
        If a signal asked to stop; `stopped` was told, all is stored.
    """
    flight = scheduler.flight
    try:
        try_suspects(scheduler)
        work()
    except StopRun as why:
        end("stopped", signal=str(why))
        if mpi.size() > 1 and why.number == signal.SIGTERM:
            # some launchers send it to all ranks when one has died: what was in flight is suspect
            flight.write(now=True)
        else:
            flight.close()
        stopped(why)
        raise
    except WorkerDied:
        end("worker died")
        raise  # the record of what was in flight stays
    except BaseException:
        with suppress(IonfoError, OSError):
            end("failed")
            flight.close()
        raise
    end("end")
    flight.close()


def try_suspects(scheduler: Scheduler) -> None:
    """Evaluate what was in flight when the last session ended, each in a process of its own."""
    flight = scheduler.flight

    def group_by_group() -> None:
        for group in flight.groups():
            flight.judge(group, SharedPool().map(evaluate, group))

    if flight.suspects:
        scheduler.run([group_by_group])


def _move_aside(out: Path) -> Path:
    """Rename a run folder to the first free OUT.old-N."""
    n = 1
    while (aside := out.with_name(f"{out.name}.old-{n}")).exists():
        n += 1
    with writing(out):
        pass  # whoever writes there must not lose the folder
    out.rename(aside)
    return aside


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
