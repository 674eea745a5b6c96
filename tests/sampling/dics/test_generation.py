"""Populations of given feedback: yield, spread, and what O-information says of them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from ionfo import IonfoError
from ionfo.analysis import o_information
from ionfo.emodels.point import load_point_model, simulate_spikes
from ionfo.features.spike_times import describe
from ionfo.sampling.dics import generate, reachable


def o_of(conductances: np.ndarray) -> float:
    return float(o_information(np.corrcoef(conductances.T)))


@pytest.mark.parametrize(
    ("name", "g_s", "g_u"),
    [("stg", range(-18, 19, 6), range(1, 19, 5)), ("da", range(-8, 13, 5), range(3, 19, 5))],
)
def test_all_cells_meet_targets_of_the_published_grid(name: str, g_s: range, g_u: range) -> None:
    for target in [(s, u) for s in g_s for u in g_u]:
        made = generate(name, target, 500)
        assert made.yields == 1 and made.residual.max() < 1e-6, target


def test_yield_and_residual_are_told() -> None:
    made = generate("da", (5, 1), 400)
    assert 0.75 < made.yields < 0.9 and made.n_drawn == round(400 / made.yields)
    said = " ".join(made.sentences())
    assert f"yield {made.yields:.1%} of {made.n_drawn:,} drawn cells" in said
    assert "O-information of all conductances is then not finite" in said


def test_reachability_map_is_the_yield() -> None:
    found = reachable("da", n=100, step=5)
    assert found.yields.shape == (len(found.g_u), len(found.g_s)) == (5, 6)
    frame = found.to_frame()
    assert frame.loc[(frame["g_u"] >= 5), "yield"].min() == 1
    assert frame.loc[(frame["g_u"] == 0) & (frame["g_s"] > 0), "yield"].max() < 0.9
    other = reachable("stg", ("Kd", "H"), n=50, step=10)
    assert 0 < (other.yields == 0).sum() < other.yields.size


def test_spread_of_targets_is_the_declared_one() -> None:
    made = generate("stg", (-5, 10), 3000, target_sd=(0.5, 2))
    np.testing.assert_allclose(made.targets.mean(axis=0), [-5, 10], atol=0.15)
    np.testing.assert_allclose(made.targets.std(axis=0), [0.5, 2], rtol=0.06)
    assert made.residual.max() < 1e-3


def test_leak_scaling_is_a_common_factor() -> None:
    scaled, not_scaled = (
        generate("stg", (4, 5), 2000, leak_scaling=on).conductances for on in (True, False)
    )
    assert np.corrcoef(scaled[:, 1], scaled[:, -1])[0, 1] > 0.5
    assert abs(np.corrcoef(not_scaled[:, 1], not_scaled[:, -1])[0, 1]) < 0.1


@pytest.mark.parametrize(
    ("target", "spikes", "cv", "regime"),
    [
        ((4, 5), (35, 50), (0.0, 0.02), "regular"),
        ((10, 10), (40, 49), (0.0, 0.02), "regular"),
        ((-5, 10), (66, 88), (0.8, 1.2), "bursting"),
        ((-10, 5), (105, 128), (1.5, 1.8), "bursting"),
        ((-18, 14), (130, 162), (1.6, 1.95), "bursting"),
    ],
)
def test_regimes_are_the_published_ones(
    target: tuple[float, float], spikes: tuple[int, int], cv: tuple[float, float], regime: str
) -> None:
    made = generate("stg", target, 8, seed=2)
    found = [
        describe(train)
        for train in simulate_spikes(made.model, made.conductances, 6000, discard=3000, dt=0.05)
    ]
    assert {one.regime for one in found} == {regime}
    assert spikes[0] <= np.median([one.n_spikes for one in found]) <= spikes[1]
    assert cv[0] <= np.median([one.cv for one in found]) <= cv[1]


def test_independent_conductances_share_nothing() -> None:
    uniform = np.random.default_rng(0).uniform(0, 1, (20_000, 8))
    assert abs(o_of(uniform)) < 0.01


@pytest.mark.parametrize(("n", "k"), [(8, 1), (8, 3), (7, 3), (6, 3), (5, 3)])
def test_linear_constraints_give_the_slope_of_theory(n: int, k: int) -> None:
    # independent Gaussian conductances that meet k constraints to eps: (n - 2k) ln eps + const
    sensitivity = np.random.default_rng(n + k).normal(size=(k, n))
    eps = np.array([1e-1, 1e-2, 1e-3])
    found = []
    for one in eps:
        covariance = np.linalg.inv(np.eye(n) + sensitivity.T @ sensitivity / one**2)
        found.append(o_information((covariance + covariance.T) / 2))
    slope = (found[2] - found[1]) / np.log(eps[2] / eps[1])
    assert slope == pytest.approx(n - 2 * k, abs=0.1)


def test_redundancy_falls_with_the_spread_of_targets() -> None:
    found = [
        o_of(generate("stg", (-5, 10), 4000, target_sd=sd).conductances) for sd in (0.2, 0.5, 1, 2)
    ]
    assert (np.diff(found) < 0).all() and found[0] > 1


def test_mixture_over_the_plane_with_scaling_is_redundant() -> None:
    targets = np.random.default_rng(5).uniform([-18, 1], [18, 18], (100, 2))
    cells = [generate("stg", one, 60, seed=i).conductances for i, one in enumerate(targets)]
    assert o_of(np.concatenate(cells)) > 0


def test_population_carries_units_and_how_it_was_made() -> None:
    made = generate("stg", (-5, 10), 30, seed=1)
    table = made.to_population()
    assert list(table.parameters) == list(made.model.conductance_names)
    np.testing.assert_allclose(table.features[["g_s", "g_u"]], [[-5, 10]] * 30, rtol=1e-6)
    assert table.metadata["units"]["Na"] == "mS/cm2"
    assert table.metadata["dics"]["compensated"] == [["CaS", "H"]]
    assert table.metadata["dics"]["leak_scaling"] is True and table.metadata["dics"]["seed"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"target": (25, 5)}, "g_s of a target of 'stg' must be from -20 to 20, got 25"),
        ({"target": (4, 21)}, "g_u of a target of 'stg' must be from -20 to 20, got 21"),
        ({"n": 0}, "--n must be at least 1, got 0"),
        ({"seed": -1}, "--seed must not be negative"),
        ({"target_sd": -1}, "the SD of the target is one number from 0 to 1000"),
        ({"target_sd": "wide"}, "the SD of the target is one number from 0 to 1000"),
        ({"target": (-6, 8), "pair": ("Kd", "H")}, "no drawn cell.*; the nearest target"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"target": (4, 5), "n": 10} | arguments
    with pytest.raises(IonfoError, match=said):
        generate("stg", given.pop("target"), given.pop("n"), **given)


def test_few_cells_at_low_g_u_are_told(caplog: pytest.LogCaptureFixture) -> None:
    generate("da", (0.5, 1), 5)
    assert re.search("few cells of 'da' reach a g_u below 1.5", caplog.text)


def test_own_model_without_rules_gets_a_sentence() -> None:
    bare = load_point_model("stg").model_copy(update={"population": None})
    with pytest.raises(IonfoError, match="has no section 'population'"):
        generate(bare, (4, 5), 3)
