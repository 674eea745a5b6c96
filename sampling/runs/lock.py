"""One writer at a time in a run folder, also on network file systems without locks.

The lock is a file that names its owner and is touched every few seconds.  On the machine of its
owner, it is stale when that process is dead: a process is known by the boot of its machine, its
number and the clock tick at which it began, none of which a change of the clock moves.  From
elsewhere, it is stale when nobody has touched it for a minute of the waiting process's own time.
A killed process that nobody has waited for (a zombie) is dead.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from ...errors import IonfoError
from ..evaluation.stop import STOPPED

_TOUCH_SECONDS = 10.0
_STALE_SECONDS = 60.0
_LOOK_SECONDS = 0.5


class RunIsHeld(IonfoError):
    """Another process writes the run: no mistake, and it is over when that process ends."""

    exit_code = STOPPED


@dataclass(frozen=True)
class Owner:
    """A process, told apart from all others.

    Attributes
    ----------
    host : str
        Name of its machine, for words.
    machine : str
        The boot of its machine, and its name space of process numbers.
    pid : int
        Its number.
    began : float
        When it began, in clock ticks since that boot.
    """

    host: str
    machine: str
    pid: int
    began: float

    @property
    def is_here(self) -> bool:
        """Whether it is or was a process of this machine since it was last booted."""
        return self.machine == _machine()

    @property
    def is_alive(self) -> bool:
        """Whether it still runs, if it is here."""
        return _began(self.pid) == self.began


def this_process() -> Owner:
    """Describe this process."""
    pid = os.getpid()
    return Owner(platform.node(), _machine(), pid, _began(pid) or 0.0)


@contextmanager
def writing(folder: Path, note: Callable[[str], None] = lambda text: None) -> Iterator[None]:
    """Hold the lock of a run folder.

    Parameters
    ----------
    folder : Path
        The run folder, which exists.
    note : callable
        Told when the lock of another machine is waited for.

    Raises
    ------
    RunIsHeld
        If another process of this machine holds it, or one elsewhere still does after a minute.
    """
    path = folder / "lock"
    _take(path, note)
    released = threading.Event()

    def touch() -> None:
        while not released.wait(_TOUCH_SECONDS):
            with suppress(OSError):  # the folder is away for a moment: the next touch tells
                os.utime(path)

    threading.Thread(target=touch, daemon=True).start()
    try:
        yield
    finally:
        released.set()
        path.unlink(missing_ok=True)


def _take(path: Path, note: Callable[[str], None]) -> None:
    began = since = time.monotonic()
    seen: _Look | None = None
    is_told = False
    while not _create(path):
        owner, look = _read(path), _look(path)
        if look is None:
            continue  # it has just gone
        now = time.monotonic()
        if look != seen:
            seen, since = look, now
        if owner is not None and owner.is_here:
            if owner.is_alive:
                raise _held(path, owner)
            _remove(path, look)
            continue
        if now - since >= _STALE_SECONDS:
            _remove(path, look)
            continue
        if now - began >= _STALE_SECONDS + _TOUCH_SECONDS:
            raise _held(path, owner)
        if not is_told:
            is_told = True
            note(
                f"waiting up to a minute for {_named(owner)}, which holds the lock of run "
                f"'{path.parent}'"
            )
        time.sleep(_LOOK_SECONDS)


_Look = tuple[int, int, str]


def _create(path: Path) -> bool:
    """Make the lock in the name of this process, unless it is there; whole or not at all."""
    beside = path.with_name(f".lock.{platform.node()}.{os.getpid()}")
    beside.write_text(json.dumps(asdict(this_process())))
    try:
        os.link(beside, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            return False
        with os.fdopen(handle, "w") as file:
            file.write(beside.read_text())
    finally:
        beside.unlink(missing_ok=True)
    return True


def _look(path: Path) -> _Look | None:
    """Give what a living owner changes about the lock; None when it is not there."""
    try:
        found = path.stat()
        return found.st_mtime_ns, found.st_ino, path.read_text(errors="replace")
    except OSError:
        return None


def _remove(path: Path, judged: _Look) -> None:
    """Remove a lock that was judged stale, and no other that has come in its place since.

    Only who holds the file beside it may, so that two successors cannot remove each other's.
    """
    right = path.with_name("lock.removing")
    try:
        os.close(os.open(right, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        time.sleep(_LOOK_SECONDS)
        with suppress(OSError):  # its owner was killed in the instant that it takes
            if time.time() - right.stat().st_mtime > _STALE_SECONDS:
                right.unlink(missing_ok=True)
        return
    try:
        if _look(path) == judged:
            path.unlink(missing_ok=True)
    finally:
        right.unlink(missing_ok=True)


def _read(path: Path) -> Owner | None:
    """Read who holds the lock; None when the file does not tell."""
    try:
        told = json.loads(path.read_text())
        return Owner(
            str(told["host"]), str(told["machine"]), int(told["pid"]), float(told["began"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _named(owner: Owner | None) -> str:
    return "another process" if owner is None else f"process {owner.pid} on host '{owner.host}'"


def _held(path: Path, owner: Owner | None) -> RunIsHeld:
    return RunIsHeld(
        f"run '{path.parent}' is being written by {_named(owner)}; wait for it, or remove "
        f"'{path}' if that process is gone"
    )


def _machine() -> str:
    """Name the boot of this machine and the name space of its process numbers."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # no Linux
        return platform.node()


def _began(pid: int) -> float | None:
    """When a process began, in a unit that no clock moves; None when it is dead."""
    try:
        # the name of the program, in brackets, may hold anything; state is field 3, start field 22
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return None if fields[0] in "ZX" else float(fields[19])
    except (OSError, IndexError, ValueError):
        pass
    if Path("/proc/self/stat").exists():
        return None
    try:  # no Linux
        found = psutil.Process(pid)
        return None if found.status() == psutil.STATUS_ZOMBIE else float(found.create_time())
    except psutil.Error:
        return None
