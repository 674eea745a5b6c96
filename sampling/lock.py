"""One writer at a time in a run folder, also on network file systems without locks.

The lock is a file that names its owner and is touched every few seconds.  It is stale when
its owner, on this host, is dead, or when nobody has touched it for a minute.  A killed process
that nobody has waited for (a zombie) is dead, and so is one whose number another has now.
"""

from __future__ import annotations

import json
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from ..errors import IonfoError

_TOUCH_SECONDS = 10.0
_STALE_SECONDS = 60.0


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the lock of a run folder.

    Raises
    ------
    IonfoError
        If another process holds it.
    """
    path = folder / "lock"
    _take(path)
    released = threading.Event()

    def touch() -> None:
        while not released.wait(_TOUCH_SECONDS):
            try:
                os.utime(path)
            except OSError:  # the folder is away for a moment: the next touch tells
                continue

    threading.Thread(target=touch, daemon=True).start()
    try:
        yield
    finally:
        released.set()
        path.unlink(missing_ok=True)


def _take(path: Path) -> None:
    for _ in range(3):
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            if not _is_stale(path):
                raise IonfoError(
                    f"run '{path.parent}' is being written by {_owner(path)}; wait for it, or "
                    f"remove '{path}' if that process is gone"
                ) from None
            path.unlink(missing_ok=True)
            continue
        with os.fdopen(handle, "w") as file:
            own = psutil.Process()
            owner = {"host": platform.node(), "pid": own.pid, "began": own.create_time()}
            json.dump(owner, file)
        return
    raise IonfoError(f"the lock '{path}' cannot be taken; another process starts on this run")


def _is_stale(path: Path) -> bool:
    try:
        owner = json.loads(path.read_text())
        is_here, pid = owner["host"] == platform.node(), int(owner["pid"])
        began = float(owner["began"])
    except (OSError, ValueError, KeyError, TypeError):
        is_here, pid, began = False, 0, 0.0
    if is_here and pid > 0:
        return not _is_alive(pid, began)
    # the clock of the file system, which may differ from ours
    probe = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime > _STALE_SECONDS
    except FileNotFoundError:
        return True
    finally:
        probe.unlink(missing_ok=True)


def _is_alive(pid: int, began: float) -> bool:
    try:
        found = psutil.Process(pid)
        # the clock may have been set since: a second of difference is the same process
        return found.status() != psutil.STATUS_ZOMBIE and abs(found.create_time() - began) < 1
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _owner(path: Path) -> str:
    try:
        owner = json.loads(path.read_text())
        return f"process {int(owner['pid'])} on host '{owner['host']}'"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
