"""eFEL settings: eFEL's own list, its types, and one setting for each call."""

from __future__ import annotations

from dataclasses import fields

import efel
import numpy as np
import pytest
from efel.settings import Settings

from ionfo.features import (
    EfelSettings,
    FeatureTarget,
    Response,
    check_setting,
    extract_features,
    setting_types,
    settled_features,
)


def spikes(heights: list[float]) -> Response:
    """Triangular spikes of 2 ms on a rest of -70 mV, one every 50 ms."""
    t = np.arange(0, 400, 0.1)
    v = np.full(len(t), -70.0)
    for i, height in enumerate(heights):
        near = np.abs(t - 100 - 50 * i) < 1
        v[near] += (height + 70) * (1 - np.abs(t[near] - 100 - 50 * i))
    return Response(t, {"soma.v": v}, 50.0, 380.0)


def count(threshold: float | None, name: str = "Spikecount") -> FeatureTarget:
    settings = None if threshold is None else EfelSettings(Threshold=threshold)
    return FeatureTarget(f"Step.soma.v.{name}", 0, 1, "1", settings=settings)


def test_every_setting_of_efel_is_known_and_set_to_its_default() -> None:
    own = {one.name: getattr(Settings(), one.name) for one in fields(Settings)}
    del own["dependencyfile_path"]
    assert set(setting_types()) == set(own) == set(EfelSettings().values())
    changed_here = {"interp_step": 0.1, "strict_stiminterval": False}
    assert EfelSettings().values() | changed_here == own


def test_settings_of_a_feature_count_for_it_alone() -> None:
    response = spikes([30.0, -40.0, 30.0])
    first, second, third = count(None), count(-50.0), count(None, "AP_amplitude")
    found = extract_features(response, [second], EfelSettings())
    assert found[second.name].values == pytest.approx([3.0])
    found = extract_features(response, [first, third], EfelSettings())
    assert found[first.name].values == pytest.approx([2.0])
    # one call that needs both
    low = FeatureTarget("Step.soma.v.mean_frequency", 0, 1, "Hz", settings=second.settings)
    found = extract_features(response, [first, low], EfelSettings())
    assert found[first.name].values == pytest.approx([2.0])
    three = 3 / (found[low.name].values[0] / 1000)  # type: ignore[index]
    assert three == pytest.approx(150, abs=2)  # ms to the last of three spikes


def test_a_setting_reaches_efel() -> None:
    response = spikes([30.0])
    target = FeatureTarget("Step.soma.v.voltage_base", 0, 1, "mV")
    response.recordings["soma.v"][:450] = -60.0
    late = EfelSettings()
    early = late.but({"voltage_base_start_perc": 0.1, "voltage_base_end_perc": 0.5})
    for settings, wanted in ((late, -70.0), (early, -60.0), (late, -70.0)):
        found = extract_features(response, [target], settings)
        assert found[target.name].values == pytest.approx([wanted])
    assert efel.get_settings().voltage_base_start_perc == 0.9


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("Threshold", -30, -30.0),
        ("max_spike_skip", 3.0, 3),
        ("ignore_first_ISI", 0, False),
        ("voltage_base_mode", "median", "median"),
    ],
)
def test_values_are_given_in_the_type_of_efel(name: str, value: float, wanted: object) -> None:
    found = check_setting(name, value)
    assert found == wanted and type(found) is type(wanted)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("treshold", -30.0, "no setting 'treshold'; did you mean 'Threshold'"),
        ("dependencyfile_path", "x", "no setting 'dependencyfile_path'"),
        ("max_spike_skip", 2.5, "a whole number, got 2.5"),
        ("max_spike_skip", float("inf"), "a whole number, got inf"),
        ("Threshold", "low", "a number, got 'low'"),
        ("Threshold", True, "a number, got True"),
        ("strict_stiminterval", 2, "true or false, got 2"),
        ("interp_step", 0.0, "interp_step must be 0.001 to 10 ms"),
    ],
)
def test_mistakes(name: str, value: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_setting(name, value)


def test_nothing_is_settled_within_a_spike_of_a_low_threshold() -> None:
    whole = spikes([30.0, -30.0])
    name = "inv_first_ISI"
    # the trace so far ends on the way up of the second spike, below -20 mV all the time
    n = int(np.searchsorted(whole.t, 149.5))
    so_far = Response(whole.t[:n], {"soma.v": whole.recordings["soma.v"][:n]}, 50.0, 380.0)
    assert -60 < so_far.recordings["soma.v"][-1] < -20
    assert settled_features(so_far, [count(-60.0, name)], EfelSettings()) == {}
    n = int(np.searchsorted(whole.t, 160.0))
    so_far = Response(whole.t[:n], {"soma.v": whole.recordings["soma.v"][:n]}, 50.0, 380.0)
    settled = settled_features(so_far, [count(-60.0, name)], EfelSettings())
    (found,) = settled.values()
    assert found.values == pytest.approx([20.0], rel=1e-2)
