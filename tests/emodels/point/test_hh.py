"""The Hodgkin-Huxley cell against the references, its limits, and bad parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo import IonfoError
from ionfo.emodels.point import HH_BOUNDS, HHRun, StepProtocol, simulate_hh
from ionfo.emodels.point.hh import LARGEST_CURRENT, M1, V1, Solutions, hh_rows
from ionfo.emodels.point.hh_kernel import linoid, rates

PUBLISHED = dict(
    zip(
        HH_BOUNDS,
        [9.537584, 272.99161, 21.443249, 93.058479, 36.26632, 10.740511, 0.880451, 27.365699,
         0.912325, -85.184921, 413.258078, -54.367571, 1.655731],
        strict=True,
    )
)  # fmt: skip


def test_reference_voltages(shared: Path) -> None:
    folder = shared / "data/reference/npe"
    sets = json.loads((folder / "hh_sets.json").read_text())["sets"]
    assert len(sets) >= 7
    with np.load(folder / "hh_traces.npz") as traces:
        for one in sets:
            wanted = traces[f"hh_{one['index']:02d}_V"].astype(np.float64)
            t, v = simulate_hh(one["theta"])
            assert t[2] == pytest.approx(0.08) and len(v) == 2 * len(wanted)
            error = np.abs(v[::2] - wanted)
            rises = np.flatnonzero(wanted > -30)
            before = rises[0] - 5 if len(rises) else len(wanted)
            rounding = np.spacing(np.abs(wanted).astype(np.float32)) / 2  # of the stored numbers
            assert (error[:before] < 1e-6 + rounding[:before]).all()
            assert error.max() < 1e-2


def test_moments_of_the_published_set() -> None:
    t, v = simulate_hh(PUBLISHED)
    assert v[t < 100].mean() == pytest.approx(-85.33, abs=0.005)
    inside = v[(t > 100) & (t < 700)]
    assert inside.mean() == pytest.approx(-43.95, abs=0.01)
    assert inside.var() == pytest.approx(293.4, abs=0.2)


def test_cell_without_channels_is_a_membrane() -> None:
    bare = PUBLISHED | {name: 0.0 for name in HH_BOUNDS if name.startswith("g")}
    t, v = simulate_hh(bare, current=100.0)
    step = (t >= 100) & (t < 700)
    up = bare["R_in"] * 0.1 * (1 - np.exp(-(t[step] - 100) / bare["tau"]))
    np.testing.assert_allclose(v[step] - bare["El"], up, atol=1e-9)
    assert (v[t < 100] == bare["El"]).all()


def test_noise_depends_on_the_seed_and_reaches_the_cell() -> None:
    short = {"protocol": StepProtocol(20, 40, 60)}
    quiet, one, same, other = (
        simulate_hh(PUBLISHED, noise_sd=sd, seed=seed, **short)[1]
        for sd, seed in ((0, 1), (10, 1), (10, 1), (10, 2))
    )
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    assert 0 < np.abs(one - quiet)[:400].max() < 1


def test_rates_scale_with_temperature_and_reversals_with_kelvin() -> None:
    cold, warm = np.empty((9, 2)), np.empty((9, 2))
    rates(-50.0, -60.0, 500.0, 1.0, 1.0, 1.5, cold)
    rates(-50.0, -60.0, 500.0, 2.3, 1.7, 1.5, warm)
    assert np.array_equal(cold[:, 0], warm[:, 0])
    np.testing.assert_allclose(
        warm[:, 1] / cold[:, 1], [2.3, 2.3, 1.7, 1.7, 1.7, 1.7, 2.3, 1, 1], rtol=1e-12
    )
    assert V1.at(34.0).tolist() == [53.5, -101.3, 131.1]
    assert M1.at(34.0)[0] == pytest.approx(69.0 * 307.15 / 298.15)


def test_rates_have_no_gap_where_formulas_have() -> None:
    assert linoid(0.0, 6.0) == 6.0
    assert linoid(1e-5, 6.0) == pytest.approx(6.0 + 5e-6, rel=1e-10)
    found = np.empty((9, 2))
    for v in (-38.0, -66.0, -27.0, -60.0 + 13, -60.0 + 40, -60.0 + 15):
        rates(v, -60.0, 500.0, 1.0, 1.0, 1.0, found)
        assert np.isfinite(found).all() and (found[:, 1] > 0).all()


def test_table_of_rates_changes_little() -> None:
    run, row = HHRun(), np.array(list(PUBLISHED.values()))
    exact, tabled = (run.voltage(row, np.random.default_rng(0), by) for by in (False, True))
    assert np.abs(exact - tabled)[:2800].max() < 0.01  # before the first spike
    assert np.sum(np.diff(exact > 0)) == np.sum(np.diff(tabled > 0))


@pytest.mark.parametrize(
    ("theta", "settings", "said"),
    [
        (PUBLISHED | {"gM": 3.5}, {}, "parameter 'gM' must be from 0 to 3 mS/cm2, got 3.5"),
        (PUBLISHED | {"C": np.nan}, {}, "parameter 'C' must be from 0.1 to 15 uF/cm2, got nan"),
        (PUBLISHED | {"tau": 0.0}, {}, "parameter 'tau' must be"),
        (PUBLISHED | {"tau": "x"}, {}, "parameter 'tau' must be a number, got 'x'"),
        (PUBLISHED | {"gk": 1.0}, {}, "'hh' has no parameter 'gk'; did you mean 'gM'"),
        ({"C": 1.0}, {}, "'hh' needs the parameter 'R_in'"),
        (list(PUBLISHED.values()), {}, "must be given by their names"),
        (PUBLISHED, {"temperature": 50}, r"the temperature \(degC\) must be"),
        (PUBLISHED, {"current": np.inf}, "the current"),
        (PUBLISHED, {"noise_sd": -1}, "the SD of the noise current"),
        (PUBLISHED, {"noise_sd": None}, "noise sd must be a number, got None"),
        (PUBLISHED, {"solutions": Solutions(np.nan, -90, 120, 25)}, "the reversal of sodium"),
        (PUBLISHED, {"protocol": StepProtocol(stim_start=700)}, "must begin before it ends"),
        (PUBLISHED, {"protocol": StepProtocol(dt=1e-13)}, "the samples of the trace"),
        (PUBLISHED, {"seed": -1}, "seed must not be negative"),
        (PUBLISHED, {"seed": None}, "seed must be a whole number, got None"),
        (PUBLISHED, {"protocol": StepProtocol(dt=0.2)}, "the step of the integration"),
        (PUBLISHED, {"protocol": StepProtocol(stim_end=900)}, "the end of the step of current"),
    ],
)
def test_bad_input_gets_a_sentence(theta: Any, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(IonfoError, match=said):
        simulate_hh(theta, **settings)


def test_rows_of_another_shape_get_a_sentence() -> None:
    with pytest.raises(IonfoError, match=r"must have the shape \(n, 13\)"):
        hh_rows(np.ones((4, 12)))
    with pytest.raises(IonfoError, match="must be rows of numbers of one length"):
        hh_rows([[1.0], [1.0, 2.0]])


def test_rates_do_not_overflow_at_the_largest_current() -> None:
    tight = PUBLISHED | {"R_in": 1000.0, "tau": 0.1}
    for current in (-LARGEST_CURRENT, LARGEST_CURRENT):
        assert np.isfinite(simulate_hh(tight, current=current)[1]).all()
