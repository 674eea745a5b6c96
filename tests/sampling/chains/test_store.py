"""What is lost of a run folder is lost alone, and a run can be looked at while it goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import RunStore, SampleSettings, Target, collect
from ionfo.sampling.chains.chain import Chain
from ionfo.sampling.chains.states import dense
from ionfo.sampling.chains.status import run_status
from ionfo.sampling.chains.writer import RunWriter
from ionfo.sampling.folders import Work, work_of
from ionfo.tables.columns import columns

from ..conftest import AnalyticPool, gaussian_cost, near_the_mean

STEPS = 40


@pytest.fixture
def store(emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """Two ensembles, a segment every ten steps, however long these take."""
    monkeypatch.setattr("ionfo.sampling.chains.writer._FLUSH_SECONDS", np.inf)
    settings = {"settings": {"steps": STEPS, "walkers": 16, "temperature": 1.0}}
    found = RunStore.create(
        tmp_path / "run", {"emodel": emodel.model_dump(mode="json"), **settings}
    )
    for until in range(10, STEPS + 1, 10):
        writer = RunWriter(found)
        chains = []
        for ensemble in range(2):
            target = Target(emodel, AnalyticPool(emodel, gaussian_cost), 1.0)
            chain = Chain(target, writer, SampleSettings(steps=until, moves="de"), ensemble)
            if until == 10:
                chain.begin(near_the_mean(target, 16, seed=ensemble))
            else:
                chain.resume(16)
            chains.append(chain)
        for chain in chains:
            chain.walk()
        writer.flush()
    found.log("start", workers=2)
    found.log("progress", seconds=10.0, busy_seconds=15.0, workers=2, steps=20)
    found.log("end", seconds=50.0, busy_seconds=75.0, workers=2, steps=2 * STEPS)
    return found


def test_unreadable_segment_costs_its_states_only(emodel: EModel, store: RunStore) -> None:
    whole, gaps = store.states()
    assert not gaps
    entry = store.state["segments"][2]
    (store.folder / "segments" / entry["name"]).write_bytes(b"not a segment")
    rest, gaps = store.states()
    assert len(rest) == len(whole) - entry["rows"]
    assert {(gap.ensemble, gap.begin, gap.end) for gap in gaps} == {(0, 20, 30), (1, 20, 30)}
    assert store.unreadable() == [(entry["name"], entry["rows"])]

    before, after = (
        dense(states, columns(emodel)[0], STEPS, lost)
        for states, lost in ((whole, []), (rest, gaps))
    )
    for ensemble, chain in after.items():
        known = np.isfinite(chain)
        # nothing that is known is wrong, nothing of the gap is known
        np.testing.assert_array_equal(chain[known], before[ensemble][known])
        assert known[:20].all() and not known[20:30].any()
    found = collect(store, 0)
    assert found.n_lost == entry["rows"]
    held = found.population.frame["weight"].sum()
    assert held == sum(int(np.isfinite(chain[..., 0]).sum()) for chain in after.values())

    store.set_aside(entry["name"])
    assert (store.folder / "unreadable" / entry["name"]).exists()
    assert len(store.states()[0]) == len(rest)


def test_run_goes_on_without_a_lost_segment(emodel: EModel, store: RunStore) -> None:
    (store.folder / "segments" / store.state["segments"][1]["name"]).unlink()
    writer = RunWriter(store)
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost), 1.0)
    chain = Chain(target, writer, SampleSettings(steps=50, moves="de"), 0)
    chain.resume(16)
    chain.walk()
    writer.flush()
    assert chain.backend.iteration == 50


def test_lost_walkers_say_so(store: RunStore, emodel: EModel) -> None:
    for path in (store.folder / "walkers").iterdir():
        path.unlink()
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost), 1.0)
    chain = Chain(target, RunWriter(store), SampleSettings(steps=50), 0)
    with pytest.raises(IonfoError, match="cannot go on: .* can still be collected"):
        chain.resume(16)


def test_status_tells_steps_costs_and_time(store: RunStore) -> None:
    found = run_status(store)
    assert found.steps == [STEPS, STEPS] and found.burn_in == STEPS // 4
    assert found.counts.n_evaluations > 0 and found.n_lost == 0
    assert found.weights.sum() == 2 * 16 * (STEPS - found.burn_in)
    assert 0 <= found.share_below(3) <= found.share_below(5) <= 1
    assert found.seconds_per_step == pytest.approx(40.0 / 30)  # both ensembles
    assert found.n_workers == 2 and found.idle == pytest.approx(0.25)
    assert found.quality is not None
    now = found.quality.ess
    assert found.hours_to(2 * now) == pytest.approx(STEPS * found.seconds_per_step / 3600)
    assert found.hours_to(now) == pytest.approx(0.0, abs=1e-12)


def test_work_is_counted_without_reading_states(store: RunStore, tmp_path: Path) -> None:
    settings = store.settings
    settings["settings"].update(ensembles=2, steps=STEPS + 5)
    store.write_settings(settings)
    for name in ("segments", "walkers", "start"):
        if (store.folder / name).exists():
            (store.folder / name).rename(tmp_path / name)
    n_start = sum(entry["rows"] for entry in store.state["start"])
    assert work_of(store.folder) == Work(n_start + 2 * STEPS, 2 * 5)
    (store.folder / "state.json").unlink()
    assert work_of(store.folder) == Work(0, 2 * (STEPS + 5))
    assert work_of(tmp_path / "nothing") == work_of(tmp_path) == Work(0, 1)


def test_work_of_a_damaged_run_is_refused(store: RunStore) -> None:
    state = store.folder / "state.json"
    (store.folder / "state.previous.json").unlink()
    state.write_text(state.read_text().replace('"steps": 40', '"steps": 30'))
    with pytest.raises(IonfoError, match="state.json.*does not match its own checksum"):
        work_of(store.folder)


def test_status_before_the_chains(emodel: EModel, tmp_path: Path) -> None:
    settings = {"settings": {"steps": STEPS, "walkers": 16}}
    store = RunStore.create(tmp_path / "r", {"emodel": emodel.model_dump(mode="json"), **settings})
    found = run_status(store)
    assert found.steps == [] and found.quality is None and np.isnan(found.hours_to(400))


def test_full_disk_leaves_a_readable_run(
    emodel: EModel, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    writer = RunWriter(store)
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost), 1.0)
    chain = Chain(target, writer, SampleSettings(steps=60, moves="de"), 0)
    chain.resume(16)
    chain.walk()
    monkeypatch.setattr("ionfo.sampling.chains.writer.write_sealed", full)
    with pytest.raises(IonfoError, match=r"No space left on device.*make room"):
        writer.flush()
    assert collect(store).n_steps == STEPS
