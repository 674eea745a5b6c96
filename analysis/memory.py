"""Memory: stated and checked before it is taken."""

from __future__ import annotations

from pathlib import Path

_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def available_memory() -> int | None:
    """Memory that this process may still take, in bytes; None where the system does not tell."""
    known = []
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                known.append(1024 * int(line.split()[1]))
    except (OSError, ValueError):
        pass
    for limit, used in _CGROUPS:
        try:
            known.append(int(Path(limit).read_text()) - int(Path(used).read_text()))
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
    return min(known) if known else None


def require_memory(n_bytes: int, what: str, instead: str) -> None:
    """Refuse work that does not fit.

    Parameters
    ----------
    n_bytes : int
        What the work takes.
    what, instead : str
        For the error: what takes it, and what to do instead.

    Raises
    ------
    ValueError
        If less memory is available.
    """
    available = available_memory()
    if available is not None and n_bytes > available:
        raise ValueError(
            f"{what} takes {_told(n_bytes)} of memory and {_told(max(available, 0))} are free; "
            f"{instead}"
        )


def _told(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:,.1f} GiB" if n_bytes >= 2**28 else f"{n_bytes / 2**20:,.1f} MiB"
