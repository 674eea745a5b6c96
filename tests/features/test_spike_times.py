"""Descriptors of spike trains: references, hand-made trains and bad ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ionfo import IonfoError
from ionfo.features.spike_times import UNITS, check_times, describe

NAMES = {"cv": "cv", "f": "frequency", "n": "spikes_per_burst", "dur": "burst_duration",
         "fi": "intra_burst_frequency", "fo": "inter_burst_frequency"}  # fmt: skip
REGIMES = {"spiking": "regular", "bursting": "bursting", "silent": "silent"}


def test_reference_descriptors(shared: Path) -> None:
    content = json.loads((shared / "data/reference/dic/dic_sets.json").read_text())
    for one in content["sets"]:
        span = "spikes_3000_6000" if one["model"] == "STG" else "spikes_3000_12000"
        found = describe(one[span])
        assert found.regime == REGIMES[one["descr"]["label"]]
        assert found.n_spikes == len(one[span])
        for name, value in one["descr"].items():
            if name != "label":  # the stored times are rounded to 0.01 ms
                wanted = pytest.approx(value, rel=1e-3, abs=1e-4)
                assert getattr(found, NAMES[name]) == wanted, (one["index"], name)


def test_first_and_last_burst_and_single_spikes_do_not_count() -> None:
    cut = [0.0, 10]
    whole = [[500 + 12 * i for i in range(4)], [1000 + 10 * i for i in range(5)]]
    alone, end = [1500.0], [2000.0, 2010, 2020]
    found = describe(np.concatenate([cut, *whole, alone, end]))
    assert found.regime == "bursting" and found.n_spikes == 15
    assert found.spikes_per_burst == 4.5 and found.burst_duration == 38
    assert found.intra_burst_frequency == pytest.approx((4000 / 36 + 5000 / 40) / 2)
    assert found.inter_burst_frequency == 2 and np.isnan(found.frequency)


def test_few_spikes_are_silent_and_few_bursts_have_no_numbers() -> None:
    assert describe([]).regime == describe([5, 10]).regime == "silent"
    few = describe([0, 10, 200, 210])
    assert few.regime == "bursting" and np.isnan(few.spikes_per_burst)
    one = describe([0, 10, 200, 210, 400, 410])
    assert one.spikes_per_burst == 2 and np.isnan(one.inter_burst_frequency)


def test_descriptors_do_not_depend_on_the_beginning() -> None:
    train = np.cumsum(np.tile([10.0, 11, 200], 8))
    assert describe(train + 1234).numbers() == pytest.approx(describe(train).numbers(), nan_ok=True)
    assert set(describe(train).numbers()) == set(UNITS)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([3, 2, 5], "spike times must rise, got 2 after 3; sort them"),
        ([3, 3, 5], "spike times must rise"),
        ([-1, 2, 5], "spike times must be 0 or more, got -1 at place 1"),
        ([1, float("nan"), 5], "got nan at place 2"),
        ([0.0, 0.1, 0.2, 0.3], "spike times must be in ms.* multiply times in seconds by 1000"),
        ([[1, 2], [3, 4]], "one list of numbers"),
        (["a", "b"], "spike times must be numbers in ms"),
    ],
)
def test_bad_trains_get_a_sentence(times: list[float], said: str) -> None:
    with pytest.raises(IonfoError, match=said):
        check_times(times)
    with pytest.raises(IonfoError, match=said):
        describe(times)
