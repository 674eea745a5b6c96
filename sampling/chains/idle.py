"""How many workers the walkers of a run can keep busy."""

from __future__ import annotations

from .settings import SampleSettings


def idle_workers(n_workers: int, n_walkers: int, settings: SampleSettings) -> str | None:
    """Say that there are more workers than the walkers can keep busy.

    Half of the walkers of an ensemble move at a time, each with one evaluation in flight; eight
    walkers a worker let the ensembles fill each other's waits (docs/learn/sampling.md).
    Independent draws wait for nothing.

    Parameters
    ----------
    n_workers, n_walkers : int
        Workers in all, and walkers of an ensemble.
    settings : SampleSettings
        Give ensembles and sampler.

    Returns
    -------
    str or None
        None where all workers have work.

    Examples
    --------
    >>> idle_workers(124, 62, SampleSettings(steps=1)) is None
    True
    >>> "--walkers 254" in idle_workers(127, 62, SampleSettings(steps=1))
    True
    """
    n_ensembles = settings.ensembles
    n_busy = n_ensembles * (n_walkers // 2)
    if n_workers <= n_busy or settings.sampler == "importance":
        return None
    enough = 2 * -(-4 * n_workers // n_ensembles)
    return (
        f"{n_workers} workers are more than the {n_busy} evaluations that {n_ensembles} ensembles "
        f"of {n_walkers} walkers ask for at a time: {n_workers - n_busy} will always be idle; "
        f"--walkers {enough} in a new run would keep all of them busy"
    )
