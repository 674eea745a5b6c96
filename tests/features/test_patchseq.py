"""The 23 features: references, traces drawn by hand, and bad ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo import IonfoError
from ionfo.emodels.point import simulate_hh
from ionfo.features.patchseq import PATCHSEQ_FEATURES, patchseq_features

T = np.arange(20_000) * 0.04
NAMES = list(PATCHSEQ_FEATURES)


def drawn(
    starts: list[float], tops: list[float], rest: float = -70.0, step: float = 10.0
) -> NDArray[np.float64]:
    """Triangles of 1 ms up and 1 ms down on a plateau: a trace with known answers."""
    v = np.where((T >= 100) & (T < 700), rest + step, rest)
    for start, top in zip(starts, tops, strict=True):
        part = np.clip(1 - np.abs(T - start - 1), 0, None)
        v = v + (top - rest - step) * part
    return v


def test_reference_features(shared: Path) -> None:
    content = json.loads((shared / "data/reference/npe/hh_sets.json").read_text())
    assert content["feature_names"] == NAMES
    for one in content["sets"]:
        wanted = np.array(one["features"], dtype=np.float64)
        found = patchseq_features(*simulate_hh(one["theta"]))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_trace_drawn_by_hand() -> None:
    starts, tops = [120.0, 220, 340, 500, 620], [30.0, 20, 20, 20, 20]
    found = dict(zip(NAMES, patchseq_features(T, drawn(starts, tops)), strict=True))
    assert found["AP threshold"] == pytest.approx(-60, abs=1)
    assert found["AP amplitude"] == pytest.approx(90, abs=1)
    assert found["AP width"] == pytest.approx(1.0, abs=0.09)
    assert found["3rd AP amplitude"] == pytest.approx(80, abs=1)
    assert found["AHP"] == pytest.approx(0, abs=1)
    assert found["AP count"] == pytest.approx(np.log(8))
    counts = [found[f"AP count {part}"] for part in ("1st 8th", "1st quarter", "1st half")]
    assert counts == pytest.approx(np.log([4, 5, 6]))
    assert found["AP count 2nd half"] == pytest.approx(np.log(5))
    assert found["AP amp adapt"] == pytest.approx(np.log(80 / 90), abs=0.01)
    assert found["ISI adapt"] == pytest.approx(np.log(120 / 100), abs=0.01)
    intervals = np.array([100.0, 120, 160, 120])
    assert found["ISI CV"] == pytest.approx(np.log(intervals.std() / intervals.mean()), abs=0.01)
    assert found["latency"] == pytest.approx(np.log(20.4), abs=0.01)
    assert found["rest"] == -70


def test_third_spike_is_told_from_five_spikes_on() -> None:
    four = dict(
        zip(NAMES, patchseq_features(T, drawn([120, 220, 340, 500], [30] * 4)), strict=True)
    )
    assert np.isnan(four["3rd AP width"]) and np.isfinite(four["ISI CV"])
    silent = patchseq_features(T, drawn([], []))
    assert np.isnan(silent[:19]).all() and silent[19:22].tolist() == [-70, -60, 0]


def test_rest_of_two_definitions() -> None:
    v = drawn([120], [30]) + np.where(T >= 700, 4.0, 0.0)
    before = patchseq_features(T, v)[19]
    both = patchseq_features(T, v, rest="before and after")[19]
    assert before == -70 and both == pytest.approx(-68, abs=0.01)


def test_times_may_start_elsewhere_and_lists_do() -> None:
    v = drawn([120, 220], [30, 25])
    moved = patchseq_features(list(T + 50), list(v), 150, 750)
    np.testing.assert_allclose(moved, patchseq_features(T, v), atol=1e-9)


def test_trace_of_hardly_any_spread_has_no_skew() -> None:
    for v in (np.full(len(T), -70.0), 1e-160 * np.arange(len(T))):
        found = patchseq_features(T, v)
        assert np.isnan(found[22]) and np.isfinite(found[19:22]).all()


def test_spike_at_the_end_is_cut() -> None:
    v = np.where(T > 699.2, 20.0, drawn([120], [30]))
    found = dict(zip(NAMES, patchseq_features(T, v), strict=True))
    assert found["AP count"] == pytest.approx(np.log(5)) and np.isfinite(found["AP width"])
    alone = patchseq_features(T, np.where(T > 699.2, 20.0, drawn([], [])))
    assert np.isnan(alone[:4]).all() and alone[8] == pytest.approx(np.log(4))


@pytest.mark.parametrize(
    ("t", "v", "settings", "said"),
    [
        (T, drawn([], []) * 1e3, {}, "voltages must be in mV"),
        (T / 1e3, drawn([], []), {}, "are its times in ms"),
        (T, drawn([], [])[:-1], {}, "two lists of the same length"),
        (T, np.where(T > 50, np.nan, -70.0), {}, "voltages must be numbers, got nan at place 1252"),
        (T[::-1], drawn([], []), {}, "times .* must rise"),
        (T[::5], drawn([], [])[::5], {}, "steps of less than 0.05 ms"),
        (T + 1e-3 * (T > 50), drawn([], []), {}, "even steps"),
        (T, drawn([], []), {"stim_end": 900}, "must lie inside the trace"),
        (T, drawn([], []), {"stim_start": 0.2}, "must have 40 samples at least"),
        (T, drawn([], []), {"stim_start": np.nan}, "stim_start"),
        (T, drawn([], []), {"stim_end": None}, "stim_end"),
        (T, drawn([], []), {"rest": "x"}, "rest must be"),
        ("x", "y", {}, "lists of numbers"),
        ([], [], {}, "three or more"),
    ],
)
def test_bad_traces_get_a_sentence(t: Any, v: Any, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(IonfoError, match=said):
        patchseq_features(t, v, **settings)
