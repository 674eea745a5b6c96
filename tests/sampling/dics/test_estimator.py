"""The forest, its density, and what it infers from trains of known feedback."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo import IonfoError
from ionfo.emodels.point import list_point_models, load_point_model, simulate_spikes
from ionfo.features.spike_times import describe
from ionfo.sampling.dics import Estimator, generate, known, load_estimator, reconstruct, train
from ionfo.sampling.dics.estimator import FOLDER, Density
from ionfo.sampling.dics.forest import fit_forest
from ionfo.sampling.dics.statistics import NAMES, interval_statistics
from ionfo.sampling.dics.training import disturbed, known_trains

STG = load_point_model("stg")


def test_leaves_are_those_of_the_library_and_weights_share_them() -> None:
    ensemble = pytest.importorskip("sklearn.ensemble", reason="needs scikit-learn")
    generator = np.random.default_rng(0)
    rows, targets = generator.normal(size=(300, 5)), generator.normal(size=(300, 2))
    forest = fit_forest(rows, targets, n_trees=7, least_leaf=4, seed=1)
    grown = ensemble.ExtraTreesRegressor(
        7, min_samples_leaf=4, max_features=1.0, random_state=1
    ).fit(np.float32(rows), targets)
    new = generator.normal(size=(50, 5))
    np.testing.assert_array_equal(forest.leaves(new).T, grown.apply(np.float32(new)))
    for row in new[:5]:
        members, weights = forest.neighbours(row)
        shares = forest.leaf == forest.leaves(row[np.newaxis])
        wanted = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
        np.testing.assert_allclose(np.bincount(members, weights, 300), wanted)
        np.testing.assert_allclose(weights @ targets[members], grown.predict([row])[0])


def density() -> Density:
    width = np.linalg.cholesky([[4.0, 1.5], [1.5, 3.0]])
    centres = np.array([[-19.0, 1.0], [0.0, 5.0], [12.0, 19.5]])
    return Density(centres, np.array([0.2, 0.5, 0.3]), width, np.array([[-20.0, 20], [0, 20]]))


def test_density_is_one_and_is_what_is_drawn() -> None:
    one = density()
    s, u = np.arange(-19.95, 20, 0.1), np.arange(0.05, 20, 0.1)
    grid = np.array(np.meshgrid(s, u)).reshape(2, -1).T
    found = one(grid)
    assert found.sum() * 0.01 == pytest.approx(1, abs=0.002)
    drawn = one.draw(20_000, np.random.default_rng(0))
    is_left = grid[:, 0] < -5
    assert (drawn[:, 0] < -5).mean() == pytest.approx(found[is_left].sum() * 0.01, abs=0.02)
    assert drawn.min() >= -20 and (drawn[:, 1] >= 0).all() and (drawn <= 20).all()
    assert one([[30.0, 5.0]])[0] == 0


def test_levels_of_what_is_drawn_are_uniform() -> None:
    one = density()
    levels = one.level(one.draw(4_000, np.random.default_rng(1)))
    for probability in (0.5, 0.9):
        assert (levels <= probability).mean() == pytest.approx(probability, abs=0.04)


def test_statistics_do_not_grow_with_the_recording() -> None:
    burst = [8.0, 9, 10, 120]
    short, long = (np.cumsum(np.tile(burst, n)) for n in (6, 60))
    one, other = interval_statistics(short), interval_statistics(long)
    assert len(one) == len(NAMES)
    np.testing.assert_allclose(one, other, atol=0.25)
    np.testing.assert_allclose(interval_statistics(short + 5000), one)


def test_disturbed_trains_stay_trains() -> None:
    generator = np.random.default_rng(0)
    train_ = np.cumsum(np.tile([6.0, 7, 90], 30))
    for _ in range(50):
        found = disturbed(train_, generator)
        assert (np.diff(found) > 0).all() and 0.4 * len(train_) <= len(found) <= len(train_)


def test_trains_of_known_feedback_cover_the_plane() -> None:
    known = known_trains(STG, 64, seed=1)
    assert len(known.trains) + known.n_silent == 64 and known.is_noisy.any()
    low, high = known.targets.min(axis=0), known.targets.max(axis=0)
    assert (low < [-15, 3]).all() and (high > [15, 17]).all()


@pytest.fixture(scope="module")
def trained() -> Estimator:
    pytest.importorskip("sklearn.ensemble", reason="needs scikit-learn")
    return train(STG, n=96, seed=2)


@pytest.fixture(scope="module")
def small(trained: Estimator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("estimator") / "small.npz"
    trained.write(file)
    return file


def test_trained_estimator_is_read_as_it_was_written(trained: Estimator, small: Path) -> None:
    found = load_estimator(STG, small)
    assert isinstance(found, Estimator)
    np.testing.assert_array_equal(found.widenings, trained.widenings)
    spikes = np.cumsum(np.tile([8.0, 9, 10, 120], 15))
    one, other = trained.densities([spikes])[0], found.densities([spikes])[0]
    np.testing.assert_array_equal(one.centres, other.centres)
    np.testing.assert_array_equal(one.weights, other.weights)


def test_estimator_written_anew_is_read_anew(trained: Estimator, tmp_path: Path) -> None:
    file = trained.write(str(tmp_path / "own.npz"))
    assert load_estimator(STG, file).window == trained.window
    replace(trained, window=7.0).write(file)
    assert load_estimator(STG, file).window == 7
    with pytest.raises(IonfoError, match="must end in .npz, in a folder that exists"):
        trained.write(file / "own.npz")


def test_model_without_cells_to_start_from_is_not_drawn_for_ever() -> None:
    rules = STG.rules()
    start = rules.start.model_copy(update={"target": (1e6, -1e6, 1e6)})
    unfit = STG.model_copy(update={"population": rules.model_copy(update={"start": start})})
    with pytest.raises(IonfoError, match="no cell of model 'stg' meets the target of its section"):
        train(unfit, n=64)


def test_estimator_of_another_model_gets_a_sentence(small: Path, tmp_path: Path) -> None:
    with pytest.raises(IonfoError, match="was trained on model 'stg', which is not 'da'"):
        load_estimator(load_point_model("da"), small)
    with pytest.raises(IonfoError, match="no estimator of 'own' ships with ionfo; train one"):
        load_estimator(STG.model_copy(update={"name": "own"}))
    with pytest.raises(IonfoError, match="cannot be read"):
        load_estimator(STG, tmp_path / "none.npz")
    with np.load(small) as stored:
        arrays = dict(stored)
    told = arrays["told"].tobytes().replace(b'"cv"', b'"CV"')
    arrays["told"] = np.frombuffer(told, dtype=np.uint8)
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(IonfoError, match="was trained on other statistics of trains"):
        load_estimator(STG, tmp_path / "other.npz")


def cut_short(file: Path, arrays: dict[str, Any]) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def lead_in_circles(file: Path, arrays: dict[str, Any]) -> None:
    np.savez(file, **{**arrays, "skip": 0 * arrays["skip"]})


def lose_targets(file: Path, arrays: dict[str, Any]) -> None:
    np.savez(file, **{**arrays, "targets": arrays["targets"][:-1]})


def say_nothing(file: Path, arrays: dict[str, Any]) -> None:
    np.savez(file, **{**arrays, "told": np.frombuffer(b"[1]", dtype=np.uint8)})


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut_short, "it is no archive of numpy"),
        (lead_in_circles, "a tree of it leads nowhere"),
        (lose_targets, "its arrays do not fit together"),
        (say_nothing, "`ionfo dics train` did not write it"),
    ],
)
def test_damaged_estimator_gets_a_sentence(
    small: Path, tmp_path: Path, damage: Any, said: str
) -> None:
    with np.load(small) as stored:
        arrays = dict(stored)
    file = tmp_path / f"{damage.__name__}.npz"
    file.write_bytes(small.read_bytes())
    damage(file, arrays)
    with pytest.raises(IonfoError, match=said):
        load_estimator(STG, file)


def test_targets_are_drawn_around_a_rare_regime_and_weighed() -> None:
    bursts = np.cumsum(np.tile([8.0, 9, 10, 120], 5))
    trains = [*[bursts] * 12, *[np.arange(30.0) * 60] * 88]
    targets = np.array([*[[-4.0, 5.0]] * 12, *[[5.0, 5.0]] * 88])
    clean = known.KnownTrains(trains, targets, np.zeros(100, dtype=bool), 0, np.ones(100))
    edges = np.array([[-10.0, 15], [0, 20]])
    rare = known._rare(clean, edges)
    assert rare is not None
    np.testing.assert_allclose(rare.mean, [-4, 5])
    np.testing.assert_allclose(rare.sd, [1, 0.8])
    assert known._rare(clean.part(np.arange(100) < 30), edges) is None  # 12 of 30 are not rare


def test_training_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = known_trains(STG, 40, seed=1)
    assert len(known_trains(STG, 40, seed=1, folder=tmp_path / "parts").trains) == len(whole.trains)
    simulated = known.simulate_spikes
    monkeypatch.setattr(known, "simulate_spikes", lambda *_, **__: pytest.fail("simulated again"))
    again = known_trains(STG, 40, seed=1, folder=tmp_path / "parts")
    assert all(np.array_equal(a, b) for a, b in zip(whole.trains, again.trains, strict=True))
    monkeypatch.setattr(known, "simulate_spikes", simulated)
    (tmp_path / "parts" / "part-0000.npz").write_bytes(b"damaged")
    again = known_trains(STG, 40, seed=1, folder=tmp_path / "parts")
    assert all(np.array_equal(a, b) for a, b in zip(whole.trains, again.trains, strict=True))
    known.forget_parts(tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


def test_regime_is_told_of_trains_that_miss_spikes() -> None:
    generator = np.random.default_rng(3)
    whole = np.cumsum(np.full(60, 62.0) + generator.normal(0, 0.5, 60))
    thinned = [whole[generator.random(60) > 0.15] for _ in range(5)]
    assert all(describe(one).regime == "bursting" for one in thinned)  # by its intervals
    estimates = load_estimator(STG).estimates([whole, *thinned])
    assert [one.regime for one in estimates] == ["regular"] * 6
    assert all(one.disturbed > 0.5 for one in estimates[1:])


def test_silent_trains_are_left_out_and_short_ones_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bursts = np.cumsum(np.tile([8.0, 9, 10, 120], 15))
    found = reconstruct([bursts, [5.0], bursts[:7]], "stg", 3, names=["a", "b", "c"])
    assert found.names == ("a", "c") and found.left_out == ("b",)
    assert "1 of 3 trains ('b') have fewer than 3 spikes and are silent" in caplog.text
    assert "1 of 2 trains ('c') have a length of less than 1500 ms" in caplog.text
    assert found.estimates["caution"].str.contains("length").tolist() == [False, True]


SHIPPED = [one for one in list_point_models() if (FOLDER / f"{one}.npz").is_file()]
TARGETS = {"stg": (-10, 5), "da": (0.5, 5)}


@pytest.mark.parametrize(("name", "target"), [(name, TARGETS[name]) for name in SHIPPED])
def test_shipped_estimator_finds_the_feedback_of_fresh_cells(
    name: str, target: tuple[float, float]
) -> None:
    made = generate(name, target, 12, seed=77)
    end = {"stg": 6000.0, "da": 12_000.0}[name]
    trains = simulate_spikes(made.model, made.conductances, end, 3000, dt=0.05)
    densities = load_estimator(made.model).densities(trains)
    away = np.array([(one.mean - target) / one.sd for one in densities])
    assert np.abs(away).mean() < 1.5
    sd = np.array([one.sd for one in densities]).mean(axis=0)
    assert (sd < [8, 6]).all()


def test_an_estimator_ships() -> None:
    assert "stg" in SHIPPED


def test_cells_of_a_train_fire_as_it_does() -> None:
    made = generate("stg", (-10, 5), 1, seed=5)
    spikes = simulate_spikes(STG, made.conductances, 6000, 3000, dt=0.05)
    found = reconstruct(spikes, "stg", n=48, seed=1)
    cells = found.populations[0]
    assert cells.residual.max() < 1e-3 and cells.conductances.shape == (48, 8)
    fired = [describe(one) for one in simulate_spikes(STG, cells.conductances, 6000, 3000, dt=0.05)]
    wanted = describe(spikes[0])
    assert np.mean([one.regime == "bursting" for one in fired]) > 0.95
    for name in ("spikes_per_burst", "burst_duration", "inter_burst_frequency"):
        median = np.nanmedian([getattr(one, name) for one in fired])
        assert median == pytest.approx(getattr(wanted, name), rel=0.15), name


def test_same_seed_same_cells_and_one_train_may_stand_alone() -> None:
    spikes = np.cumsum(np.tile([8.0, 9, 10, 120], 15))
    one = reconstruct(spikes, "stg", n=20, seed=4)
    other = reconstruct([spikes, spikes + 3], STG, n=20, seed=4, names=["a", "b"])
    cells = [x.populations[0].conductances for x in (one, other)]
    assert cells[0].tobytes() == cells[1].tobytes()
    table = other.to_population()
    assert table.frame["cells/train"].value_counts().to_dict() == {"a": 20, "b": 20}
    assert [row["train"] for row in table.metadata["dics"]["reconstructed"]] == ["a", "b"]
    assert list(other.estimates["train"]) == ["a", "b"] and "g_s" in " ".join(other.sentences())


@pytest.mark.parametrize(
    ("trains", "changes", "said"),
    [
        ([[1.0, 2]], {}, "train '1' has 2 spikes and is silent: no feedback can be inferred"),
        ([], {}, "there is no spike train"),
        (None, {}, "spike trains are lists of times, got None"),
        ([[[1, 2], [3]]], {}, "spike trains are lists of times, got"),
        ([[10.0, 20, 30]], {"seed": None}, "seed must be a number, got None"),
        ([[1.0, 2, 3], "x"], {}, "times of train '2' must be numbers in ms"),
        ([[30.0, 20, 10]], {}, "times of train '1' must rise"),
        ([[0.1, 0.2, 0.3, 0.4]], {}, "multiply times in seconds by 1000"),
        ([[10.0, 20, 30]], {"n": 0}, "--n must be at least 1"),
        ([[10.0, 20, 30]], {"names": ["a", "b"]}, "1 trains need as many names, got 2"),
        ([[10.0, 20, 30]], {"model": "sgt"}, "unknown point model 'sgt'; did you mean 'stg'"),
    ],
)
def test_bad_inputs_get_a_sentence(trains: Any, changes: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"model": "stg", "n": 5} | changes
    with pytest.raises(IonfoError, match=said):
        reconstruct(trains, **given)


def test_extrapolation_is_told(caplog: pytest.LogCaptureFixture) -> None:
    reconstruct(np.arange(1, 12) * 3_000.0, "stg", n=3)
    assert "their feedback is extrapolated" in caplog.text
