"""Compensation against the references, and by what it promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo import IonfoError
from ionfo.emodels.point import dynamic_input_conductances, load_point_model
from ionfo.sampling.dics import compensate, generate, residuals, start_population

STG, DA = load_point_model("stg"), load_point_model("da")


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[dict[str, Any]]:
    content = json.loads((shared / "data/reference/dic/dic_compensation.json").read_text())
    assert len(content["cases"]) >= 7
    found: list[dict[str, Any]] = content["cases"]
    return found


def start(n: int = 200, seed: int = 0) -> np.ndarray:
    return start_population(STG, n, np.random.default_rng(seed))


def test_reference_cases(cases: list[dict[str, Any]]) -> None:
    for one in cases:
        model = load_point_model(one["model"].lower())
        iterations = one.get("iterations_K", 5)
        found = compensate(model, one["stage_A"], one["target"], one["pair"], iterations)
        np.testing.assert_allclose(found, one["stage_B"], rtol=1e-9)
        if "dics_after" in one:
            voltage = model.rules().threshold_voltage
            after = dynamic_input_conductances(model, found, voltage)
            np.testing.assert_allclose(after, one["dics_after"], rtol=1e-9)


def test_default_pairs_are_the_published_ones(cases: list[dict[str, Any]]) -> None:
    for one in cases:
        if one["pair"] == ["Kd", "H"]:
            continue  # a pair that was asked for
        model = load_point_model(one["model"].lower())
        iterations = one.get("iterations_K", 5)
        found = compensate(model, one["stage_A"], one["target"], iterations=iterations)
        np.testing.assert_allclose(found, one["stage_B"], rtol=1e-9)


def test_rows_that_cannot_be_met_are_nan(cases: list[dict[str, Any]]) -> None:
    one = next(one for one in cases if one["pair"] == ["Kd", "H"])  # needs Kd below 0
    wanted = np.array(one["stage_B"])
    found = compensate(STG, one["stage_A"], one["target"], one["pair"])
    is_negative = (wanted < 0).any(axis=1)
    assert is_negative.any() and np.isnan(found[is_negative]).all()
    np.testing.assert_allclose(found[~is_negative], wanted[~is_negative], rtol=1e-9)


@pytest.mark.parametrize("target", [(6, 8), (-5, 10), (-18, 14), (-10, -2), (8, -1), (5, -5)])
def test_kept_rows_meet_the_target_and_keep_other_channels(target: tuple[float, float]) -> None:
    rows = start()
    found = compensate(STG, rows, target)
    assert np.isfinite(found).all() and (found >= 0).all()
    assert residuals(STG, found, target).max() < 1e-6
    changed = ~np.isclose(found, rows, rtol=1e-12).all(axis=0)
    assert changed.sum() == 2


def test_every_row_has_its_own_target() -> None:
    rows = start()
    targets = np.random.default_rng(1).uniform([-18, -3], [18, 18], (len(rows), 2))
    found = compensate(STG, rows, targets)
    assert residuals(STG, found, targets).max() < 1e-6
    alone = [compensate(STG, row, goal)[0] for row, goal in zip(rows[:9], targets[:9], strict=True)]
    np.testing.assert_allclose(found[:9], alone, rtol=1e-8)


def test_start_meets_three_targets_with_published_means() -> None:
    rows = start(4000)
    found = dynamic_input_conductances(STG, rows, -51)
    np.testing.assert_allclose(found, np.tile([-6.2, 4, 5], (4000, 1)), rtol=1e-9)
    published = [6857, 105, 5.0, 14.0, 160, 366, 0.33, 0.0105]
    np.testing.assert_allclose(rows.mean(axis=0), published, rtol=0.03)
    rows = start_population(DA, 4000, np.random.default_rng(0))
    published = [35.5, 8.02, 0.045, 0.041, 0.150, 0.012, 0.0129]
    np.testing.assert_allclose(rows.mean(axis=0), published, rtol=0.03)


@pytest.mark.parametrize(
    ("target", "pair", "said"),
    [
        ((4, 5), ("A",), "as many channels as targets are compensated, 2, got"),
        ((4, 5), ("A", "A"), "channels to compensate must differ, got A, A"),
        ((4, 5), ("A", "leak"), "the leak cannot be compensated"),
        ((4, 5), ("A", "Hh"), "has no channel 'Hh'; did you mean 'H'"),
        ((4, np.nan), None, "a target is two numbers, g_s and g_u"),
        ((4, 5, 6), None, "a target is two numbers, g_s and g_u"),
        ("high", None, "a target is two numbers, g_s and g_u"),
    ],
)
def test_bad_arguments_get_a_sentence(target: Any, pair: Any, said: str) -> None:
    with pytest.raises(IonfoError, match=said):
        compensate(STG, start(3), target, pair)


def test_channels_of_one_effect_get_a_sentence() -> None:
    with pytest.raises(IonfoError, match="NMDA and ERG cannot be compensated together"):
        # the block of NMDA is without delay: it adds to g_f alone
        compensate(DA, start_population(DA, 5, np.random.default_rng(0)), (1, 5), ("NMDA", "ERG"))


def test_same_seed_same_cells_and_fewer_are_the_first_of_more() -> None:
    one, other = (generate("stg", (-5, 10), n, seed=3, target_sd=0.5) for n in (700, 40))
    assert np.array_equal(one.conductances[:40], other.conductances)
    again = generate("stg", (-5, 10), 700, seed=3, target_sd=0.5)
    assert one.conductances.tobytes() == again.conductances.tobytes()
    assert not np.array_equal(
        other.conductances, generate("stg", (-5, 10), 40, seed=4).conductances
    )
