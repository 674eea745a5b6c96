"""Features of traces whose features are known by construction."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.features import EfelSettings, FeatureTarget, Response, extract_features, feature_value


def spikes(times: list[float], height: float = 30.0, base: float = -70.0) -> Response:
    """Triangular spikes of 2 ms on a flat base."""
    t = np.arange(0.0, 300.0, 0.1)
    v = np.full_like(t, base)
    for time in times:
        v = np.maximum(v, height - (height - base) * np.abs(t - time))
    return Response(t, {"soma.v": v}, 100.0, 200.0)


def target(efel_name: str, recording: str = "soma.v") -> FeatureTarget:
    return FeatureTarget(f"Step.{recording}.{efel_name}", 0.0, 1.0, "1")


def test_name_is_taken_apart() -> None:
    one = target("maximum_voltage_from_voltagebase", "ca_ais.cai")
    assert (one.protocol, one.recording) == ("Step", "ca_ais.cai")
    assert one.efel_name == "maximum_voltage_from_voltagebase"


def test_values_of_a_known_trace() -> None:
    wanted = [target(name) for name in ("Spikecount", "voltage_base", "inv_first_ISI")]
    found = extract_features(spikes([120.0, 140.0, 180.0]), wanted, EfelSettings())
    assert found["Step.soma.v.Spikecount"].values == pytest.approx([3.0])
    assert found["Step.soma.v.voltage_base"].values == pytest.approx([-70.0])
    assert found["Step.soma.v.inv_first_ISI"].values == pytest.approx([50.0], rel=1e-3)


def test_undefined_feature_has_a_reason() -> None:
    found = extract_features(spikes([150.0]), [target("inv_first_ISI")], EfelSettings())
    one = found["Step.soma.v.inv_first_ISI"]
    assert one.values is None and "(1 spike)" in one.reason


def test_missing_recording_has_a_reason() -> None:
    found = extract_features(spikes([]), [target("voltage_base", "dend1.v")], EfelSettings())
    assert "dend1.v" in found["Step.dend1.v.voltage_base"].reason


def test_no_burst_counts_as_zero() -> None:
    found = extract_features(spikes([]), [target("burst_number")], EfelSettings())
    assert found["Step.soma.v.burst_number"].values == pytest.approx([0.0])


def test_strict_window_ignores_spikes_outside() -> None:
    response = spikes([50.0, 150.0])
    wanted = [target("Spikecount")]
    strict = extract_features(response, wanted, EfelSettings(strict_stiminterval=True))
    loose = extract_features(response, wanted, EfelSettings(strict_stiminterval=False))
    assert strict["Step.soma.v.Spikecount"].values == pytest.approx([1.0])
    assert loose["Step.soma.v.Spikecount"].values == pytest.approx([2.0])


def test_result_does_not_depend_on_what_was_set_before() -> None:
    import efel

    response, wanted = spikes([120.0, 150.0], height=-10.0), [target("Spikecount")]
    before = extract_features(response, wanted, EfelSettings())
    efel.set_setting("Threshold", 100.0)
    efel.set_setting("min_spike_height", 500.0)
    after = extract_features(response, wanted, EfelSettings())
    assert before["Step.soma.v.Spikecount"].values == pytest.approx([2.0])
    assert after["Step.soma.v.Spikecount"].values == pytest.approx([2.0])


def test_search_result_is_handed_over() -> None:
    response = Response(np.empty(0), {}, 0, 1, values={"bpo_holding_current": -0.1})
    found = extract_features(response, [target("bpo_holding_current")], EfelSettings())
    assert found["Step.soma.v.bpo_holding_current"].values == pytest.approx([-0.1])


def test_window_of_a_feature_replaces_the_one_of_the_response() -> None:
    response = spikes([50.0, 150.0])
    wide = FeatureTarget("Step.soma.v.Spikecount", 0.0, 1.0, "1", window=(0.0, 300.0))
    base = target("voltage_base")
    found = extract_features(response, [wide, base], EfelSettings())
    assert found["Step.soma.v.Spikecount"].values == pytest.approx([2.0])
    assert list(found) == ["Step.soma.v.Spikecount", "Step.soma.v.voltage_base"]


def test_messages_of_efel_are_not_hoarded() -> None:
    import efel

    silent = Response(np.linspace(0, 100, 400), {"soma.v": np.full(400, -80.0)}, 10.0, 90.0)
    assert feature_value(silent, "soma.v", "AP_amplitude", EfelSettings()) is None
    assert efel.cppcore.getgError() == ""
