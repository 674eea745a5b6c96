"""How many evaluations a run still takes, at most."""

from __future__ import annotations

from collections.abc import Callable

from ..runs.forecast import Forecast
from .learning.rounds import evaluations_of_round
from .settings import SampleSettings
from .store import RunStore


def forecast_of(
    store: RunStore,
    settings: SampleSettings,
    n_walkers: int,
    starts_given: bool,
    n_workers: int,
    note: Callable[[str], None],
) -> Forecast:
    """Foresee the evaluations that are left of a run.

    Parameters
    ----------
    store : RunStore
        What is stored.
    settings : SampleSettings
        What is asked for.
    n_walkers : int
        Of an ensemble.
    starts_given : bool
        Whether there is no search.
    n_workers : int
        Who evaluates.
    note : callable
        Told how long they take, once that is known.
    """
    state = store.state
    is_chain = settings.sampler == "chain"
    if is_chain:
        done = sum(int(one["steps"]) for one in state["ensembles"])
        steps = max(0, settings.steps * settings.ensembles - done)
        left = int(steps * n_walkers * settings.evaluations_per_step)
        what = f"{settings.steps} steps of {settings.ensembles} ensembles of {n_walkers} walkers"
        begun = bool(state["ensembles"])
    else:
        done = sum(int(entry["rows"]) for entry in state["draws"])
        left = settings.steps * settings.ensembles * n_walkers - done
        what = f"{settings.steps * settings.ensembles * n_walkers} draws"
        begun = done > 0
    advice = ["fewer --steps or --ensembles"]
    search = 0 if begun else settings.ensembles * settings.n_start_evaluations(n_walkers)
    if search and not starts_given:
        what += ", and at most the search for starting points"
        advice.append("--start with models that are good already")
    if starts_given:
        search = 0 if begun else settings.ensembles * n_walkers
    if not begun:
        n_each = evaluations_of_round(settings.ensembles, n_walkers)
        search += settings.n_rounds * settings.ensembles * n_each
    if settings.early_rejection and is_chain:
        advice.append("early rejection makes steps cheaper than this by itself")
    file = str(store.settings["morphology"]["file"])
    return Forecast(store.emodel, left + search, what, n_workers, advice, note, morphology=file)
