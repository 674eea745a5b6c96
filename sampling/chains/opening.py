"""What a run folder is asked: by the user, by the run that is there, and by what is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..runs.session import Session, make_way
from .settings import MOVES_WITHOUT_LEARNING, SampleSettings, check_same_run
from .store import RunStore


def settled(
    store: RunStore,
    settings: SampleSettings,
    n_walkers: int,
    describe: Callable[[SampleSettings], dict[str, Any]],
    session: Session,
) -> tuple[SampleSettings, dict[str, Any]]:
    """Settle what nobody has named, by the run that is there, and see that it may go on.

    Parameters
    ----------
    store : RunStore
        The run folder.
    settings : SampleSettings
        What is asked for.
    n_walkers : int
        Of an ensemble.
    describe : callable
        Gives the content of run.json.
    session : Session
        Whether to move another run aside.

    Returns
    -------
    SampleSettings
        With moves, and with what is stored.
    dict
        The content of run.json.

    Raises
    ------
    IonfoError
        If another run or other files are in the way.
    """
    found = settings.with_defaults(n_walkers, None)

    def check() -> None:
        nonlocal found
        kept = settings.with_defaults(n_walkers, store.settings.get("settings"))
        check_same_run(store, describe(kept))
        found = kept

    make_way(store, check, session.force, session.note)
    return found, describe(found)


def keep_asked(store: RunStore, asked: Mapping[str, Any]) -> None:
    """Write run.json, or in that of a run that goes on what may differ."""
    if not (store.folder / "run.json").exists():
        RunStore.create(store.folder, asked)
        return
    kept = store.settings
    wanted = {**kept["settings"], **asked["settings"]}
    if store.state["ensembles"]:
        wanted["learn"] = kept["settings"].get("learn")
    if wanted != kept["settings"]:
        store.write_settings({**kept, "settings": wanted})


def do_not_learn(
    store: RunStore, settings: SampleSettings, n_rows: int, note: Callable[[str], None]
) -> SampleSettings:
    """Give a run moves that learn nothing, since too little is known to learn from.

    Its searches were asked for `n_rows` whole evaluations each; that stays in run.json, so that
    they are the same where they are replayed before the chains begin.
    """
    settings = replace(settings, moves=MOVES_WITHOUT_LEARNING)
    note(
        f"too few evaluations have all features to learn from, so moves are "
        f"{MOVES_WITHOUT_LEARNING}; a larger --start-evaluations, or --learn with another run, "
        "lets the chains learn"
    )
    kept = store.settings
    changed = {"moves": settings.mixture(), "rounds": settings.n_rounds}
    settled = {**kept["settings"], **changed}
    store.write_settings({**kept, "settings": settled, "rows_of_a_search": n_rows})
    return settings
