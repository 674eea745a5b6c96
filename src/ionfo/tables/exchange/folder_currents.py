"""Stimuli of a BluePyEModel or emodel-generalisation folder as protocols of a definition.

Shape, keys and defaults are those of BluePyEModel, of which emodel-generalisation has a part.
"""

from __future__ import annotations

from ...emodels.ecodes import STEPS
from .folder_shapes import READERS, shaped
from .folder_stimulus import Entry, Refused, Stimulus, location

_STEP_DEFAULTS: dict[str, dict[str, float]] = {
    "IV": {"delay": 250, "duration": 3000, "totduration": 3500, "thresh_perc": -40},
    "APWaveform": {"delay": 250, "duration": 50, "totduration": 550, "thresh_perc": 220},
    "FirePattern": {"delay": 250, "duration": 3600, "totduration": 4100, "thresh_perc": 200},
}
_USUAL = {"amp", "thresh_perc", "delay", "duration", "totduration", "holding_current"}
_KEYS = {
    "sAHP": {"tmid", "tmid2", "toff", "long_amp", "long_amp_rel"},
    "HyperDepol": {"tmid", "toff", "amp2", "hyper_amp", "hyper_amp_rel", "depol_amp",
                   "depol_amp_rel"},
    "DeHyperpol": {"tmid", "toff", "amp2", "amp_rel", "amp2_rel"},
    "PosCheops": {"ramp1_duration", "ramp2_duration", "ramp3_duration", "inter_delay", "t1", "t2",
                  "t3", "t4", "toff"},
    "SpikeRecMultiSpikes": {"n_spikes", "spike_duration", "delta"},
    "Comb": {"inter_delay", "n_steps"},
    "DendriticStep": {"direction", "somadistance", "seclist_name"},
    "Synaptic": {"direction", "somadistance", "seclist_name", "syn_delay", "syn_amp", "syn_rise",
                 "syn_decay"},
    "NoiseOU3": {"mu", "data_filepath"},
    "WhiteNoise": {"mu", "data_filepath"},
    "SubWhiteNoise": {"data_filepath"},
    "CustomFromFile": {"data_filepath"},
}  # fmt: skip
_KEYS["NegCheops"], _KEYS["BAC"] = _KEYS["PosCheops"], _KEYS["Synaptic"]
_VOLTAGE_CLAMP = ("holding_voltage", "amp_voltage")


def read_stimulus(stimulus: Stimulus) -> Entry:
    """Read a stimulus as the entry of a protocol, without its name and recordings.

    Raises
    ------
    Refused
        If no definition expresses it.
    IonfoError
        If a key is missing or of another type.
    """
    shape = stimulus.shape
    _check_keys(stimulus, shape)
    site = _site(stimulus)
    if shape in (*STEPS, "BPOSquarePulse") and site is None:
        return _step(stimulus, shape)
    reader = READERS.get(shape, READERS["IDrest"])
    currents, window, total = reader(stimulus)
    if "bAP" in stimulus.name:
        window = (window[0], total)
    if site is not None:
        currents = [{"site": site} | one for one in currents]
    without_holding = shape in ("Comb", "DendriticStep", "Synaptic", "CustomFromFile")
    holding = 0.0 if without_holding else None if stimulus.is_scaled else stimulus.holding
    return {
        "kind": "current_clamp",
        "currents": currents,
        "holding": holding,
        "total": total,
        "window": window,
    }


def joined(entries: list[Entry], window_end: float | None) -> Entry:
    """Put several stimuli of one protocol, played together, into one entry.

    Parameters
    ----------
    entries : list of dict
        From `read_stimulus`, all with the same holding current.
    window_end : float, optional
        Where features look to (ms); the last end of a stimulus by default.
    """
    parts = [_as_clamp(one) for one in entries]
    if any(one["holding"] != parts[0]["holding"] for one in parts):
        raise Refused("its stimuli have different holding currents")
    end = max(one["window"][1] for one in parts) if window_end is None else window_end
    return {
        "kind": "current_clamp",
        "currents": [current for one in parts for current in one["currents"]],
        "holding": parts[0]["holding"],
        "total": max(one["total"] for one in parts),
        "window": (min(one["window"][0] for one in parts), end),
    }


def _as_clamp(entry: Entry) -> Entry:
    if entry["kind"] == "current_clamp":
        return entry
    is_step = entry["kind"] == "step"
    start, end = entry["delay"], entry["delay"] + entry["duration"]
    pulse = {
        "shape": "pulse",
        "unit": "percent" if is_step else "nA",
        "amplitude": entry["percent"] if is_step else entry["amplitude"],
        "start": start,
        "end": end,
    }
    return {
        "currents": [pulse],
        "holding": None if is_step else entry["holding"],
        "total": entry["total"],
        "window": (start, end if entry["window_end"] is None else entry["window_end"]),
    }


def _check_keys(stimulus: Stimulus, shape: str) -> None:
    for key in _VOLTAGE_CLAMP:
        if stimulus.has(key):
            raise Refused(f"'{key}' makes it a voltage clamp, and ionfo plays currents")
    if stimulus.keys.get("stochkv_det") is False:
        raise Refused(
            "it runs stochastic channels ('stochkv_det' is false); true runs them deterministically"
        )
    known = _USUAL | _KEYS.get(shape, set()) | {"stochkv_det", "location"}
    words = "step" if shape in STEPS else shape
    for key in sorted(stimulus.keys):
        if key not in known and stimulus.has(key):
            raise Refused(f"'{key}' of its stimulus is none of a {words}")


def _step(stimulus: Stimulus, shape: str) -> Entry:
    defaults = _STEP_DEFAULTS.get(shape, {})
    delay, duration, total = (
        stimulus.get(key, defaults.get(key)) for key in ("delay", "duration", "totduration")
    )
    times = {"delay": delay, "duration": duration, "total": total}
    window_end = total if "bAP" in stimulus.name else None
    if stimulus.is_scaled and shape != "BPOSquarePulse":
        if stimulus.keys.get("thresh_perc", 0) is not None or not stimulus.has("amp"):
            percent = stimulus.get("thresh_perc", defaults.get("thresh_perc"))
            return {"kind": "step", "percent": percent, **times, "window_end": window_end}
    if not stimulus.is_scaled:
        amplitude = {"amplitude": stimulus.get("amp"), "holding": stimulus.holding}
        return {"kind": "absolute_step", **amplitude, **times, "window_end": window_end}
    # a given current on top of the holding current that is found
    pulse = shaped("pulse", "nA", start=delay, end=delay + duration, amplitude=stimulus.get("amp"))
    return {
        "kind": "current_clamp",
        "currents": [pulse],
        "holding": None,
        "total": total,
        "window": (delay, window_end or delay + duration),
    }


def _site(stimulus: Stimulus) -> Entry | None:
    """Give where a stimulus is injected, None for the middle of the soma."""
    place = stimulus.keys.get("location")
    if place in (None, "soma"):
        return None
    found = location(place, f"{stimulus.origin}, location") if isinstance(place, dict) else None
    if found is None:
        raise Refused(f"'location' of its stimulus is of an unknown type, {str(place)[:60]}")
    is_soma = found == {"kind": "section", "region": "somatic", "x": 0.5}
    return None if is_soma else found
