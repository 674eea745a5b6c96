"""Simulated voltages and spike times against the references."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo import IonfoError
from ionfo.emodels.point import load_point_model, simulate_spikes, simulate_voltage
from ionfo.emodels.point.noise import filtered_noise

STG = load_point_model("stg")
BURSTING = [8203.4882, 87.976317, 5.847782, 61.127132, 189.82787, 495.24727, 0.42152134, 0.01204018]


def trains(one: dict[str, Any]) -> dict[tuple[float, float], list[float]]:
    spans = [key for key in one if key.startswith("spikes_")]
    return {tuple(map(float, span.split("_")[1:])): one[span] for span in spans}  # type: ignore[misc]


def test_reference_voltages_before_the_first_spike(
    reference_sets: list[dict[str, Any]], reference_traces: dict[str, NDArray[np.float32]]
) -> None:
    for one in reference_sets:
        model = load_point_model(one["model"].lower())
        wanted = reference_traces[f"{model.name}_{one['index']:02d}_V_0_1000"]
        times, found = simulate_voltage(model, one["g"], 1000)
        np.testing.assert_allclose(times[:5], [0, 0.2, 0.4, 0.6, 0.8])
        rises = np.flatnonzero(wanted > -20)
        before = slice(0, max(int(rises[0]) - 2, 1) if len(rises) else len(wanted))
        assert np.abs(found[0, : len(wanted)][before] - wanted[before]).max() < 0.1


def test_reference_spike_counts(reference_sets: list[dict[str, Any]]) -> None:
    for one in reference_sets:
        model = load_point_model(one["model"].lower())
        for (begin, end), wanted in trains(one).items():
            found = simulate_spikes(model, one["g"], end, discard=begin)[0]
            assert len(found) == pytest.approx(len(wanted), rel=0.05 if "note" in one else 0.02)
            assert (np.diff(found) > 0).all() and (found >= begin).all()


def test_error_falls_with_the_square_of_the_step() -> None:
    fine, *coarser = (
        simulate_voltage(STG, BURSTING, 3, dt=dt)[1][0, -1] for dt in (0.0025, 0.01, 0.02, 0.04)
    )
    errors = np.abs(np.array(coarser) - fine)
    assert errors[0] < 1e-3
    np.testing.assert_allclose(errors[1:] / errors[:-1], 4, rtol=0.2)


def test_noise_has_the_stated_sd_and_bandwidth() -> None:
    noise = filtered_noise(20_000, 2.5, 800.0, np.random.default_rng(1))
    assert noise.std() == pytest.approx(2.5, rel=0.02)
    power = np.abs(np.fft.rfft(noise)) ** 2
    frequency = np.fft.rfftfreq(len(noise), 1e-4)
    assert power[frequency > 1_600].sum() < 0.001 * power.sum()
    assert power[frequency < 400].sum() > 0.4 * power.sum()


def test_noise_of_a_cell_depends_on_seed_and_row_alone() -> None:
    rows = np.array([BURSTING] * 10)
    few = simulate_spikes(STG, rows[:2], 300, noise_sd=2, seed=5)
    many = simulate_spikes(STG, rows, 300, noise_sd=2, seed=5)
    assert all(np.array_equal(a, b) for a, b in zip(few, many[:2], strict=True))
    assert not np.array_equal(many[0], many[1])
    assert not np.array_equal(many[0], simulate_spikes(STG, rows[:1], 300, noise_sd=2, seed=6)[0])


def test_noise_reaches_the_cell() -> None:
    leak_only = [0, 0, 0, 0, 0, 0, 0, 1.0]
    assert simulate_spikes(STG, leak_only, 200, noise_sd=1)[0].size == 0
    assert simulate_spikes(STG, leak_only, 200, noise_sd=400, seed=1)[0].size > 0


def test_what_is_discarded_is_left_out_and_nothing_else() -> None:
    whole = simulate_spikes(STG, BURSTING, 600, dt=0.05)[0]
    late = simulate_spikes(STG, BURSTING, 600, discard=300, dt=0.05)[0]
    assert np.array_equal(late, whole[whole >= 300]) and 0 < len(late) < len(whole)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"duration": 0}, "the duration must be at least one step"),
        ({"duration": np.nan}, "the duration"),
        ({"duration": 100, "discard": 200}, "the time to discard"),
        ({"duration": 100, "noise_sd": -1}, "the SD of the noise"),
        ({"duration": 100, "noise_sd": 1, "bandwidth": 9000}, "the bandwidth of the noise"),
        ({"duration": 100, "seed": -1}, "seed must not be negative"),
        ({"duration": 100, "dt": 1}, "the step"),
    ],
)
def test_bad_settings_get_a_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(IonfoError, match=said):
        simulate_spikes(STG, BURSTING, **arguments)
