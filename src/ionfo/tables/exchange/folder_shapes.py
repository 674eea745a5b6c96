"""Shapes of stimuli of BluePyEModel, with their defaults, as currents of a definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...emodels.current_files import read_columns
from ...emodels.ecodes import SINE_SPACING
from .folder_stimulus import Entry, Refused, Stimulus

Read = tuple[list[Entry], tuple[float, float], float]
"""Currents, window (ms) and length (ms)."""


def shaped(shape: str, unit: str, **values: Any) -> Entry:
    """Give a current as a definition has it."""
    return {"shape": shape, "unit": unit, **values}


def _span(stimulus: Stimulus, delay: float, duration: float, total: float) -> tuple[float, ...]:
    start = stimulus.get("delay", delay)
    end = start + stimulus.get("duration", duration)
    return start, end, stimulus.get("totduration", total)


def _pulse(stimulus: Stimulus) -> Read:
    start, end, total = _span(stimulus, 250, 1350, 1850)
    unit, amplitude = stimulus.amount("amp", "thresh_perc", 200)
    pulse = shaped("pulse", unit, start=start, end=end, amplitude=amplitude)
    return [pulse], (start, end), total


def _threshold_addition(stimulus: Stimulus) -> Read:
    start, end, total = _span(stimulus, 250, 1350, 1850)
    if not stimulus.is_scaled:
        raise Refused("a ThresholdAddition needs the threshold current, which it does not follow")
    threshold = shaped("pulse", "percent", start=start, end=end, amplitude=100.0)
    added = shaped("pulse", "nA", start=start, end=end, amplitude=stimulus.get("amp"))
    return [threshold, added], (start, end), total


def _ramp(stimulus: Stimulus) -> Read:
    start, end, total = _span(stimulus, 250, 1350, 1850)
    unit, amplitude = stimulus.amount("amp", "thresh_perc", 200)
    ramp = shaped("ramp", unit, start=start, end=end, amplitude=amplitude)
    return [ramp], (start, end), total


def _slow_ahp(stimulus: Stimulus) -> Read:
    start, end = stimulus.get("delay", 250), stimulus.get("toff", 1175)
    strong = {"strong_start": stimulus.get("tmid", 500), "strong_end": stimulus.get("tmid2", 725)}
    unit, amplitude = stimulus.amount("amp", "thresh_perc")
    long_unit, long = stimulus.amount("long_amp", "long_amp_rel")
    one = shaped("sAHP", long_unit, start=start, end=end, **strong, long=long, amplitude=0.0)
    currents = [one]
    if unit == long_unit:
        one["amplitude"] = amplitude
    else:
        times = {"start": strong["strong_start"], "end": strong["strong_end"]}
        currents.append(shaped("pulse", unit, **times, amplitude=amplitude))
    return currents, (start, end), stimulus.get("totduration", 1425)


def _hyper_depol(stimulus: Stimulus) -> Read:
    hyper = _first_amount(stimulus, "hyper_amp", "amp", "hyper_amp_rel", "thresh_perc")
    depol = _first_amount(stimulus, "depol_amp", "amp2", "depol_amp_rel", "depol_amp_rel")
    return _two_levels(stimulus, "HyperDepol", 700, {"hyper": hyper, "depol": depol})


def _de_hyperpol(stimulus: Stimulus) -> Read:
    depol = _first_amount(stimulus, "amp", "amp", "amp_rel", "amp_rel")
    hyper = _first_amount(stimulus, "amp2", "amp2", "amp2_rel", "thresh_perc")
    return _two_levels(stimulus, "DeHyperpol", 520, {"depol": depol, "hyper": hyper})


def _first_amount(
    stimulus: Stimulus, absolute: str, or_absolute: str, relative: str, or_relative: str
) -> tuple[str, float]:
    return stimulus.amount(
        absolute if stimulus.has(absolute) else or_absolute,
        relative if stimulus.has(relative) else or_relative,
    )


def _two_levels(
    stimulus: Stimulus, shape: str, middle: float, parts: dict[str, tuple[str, float]]
) -> Read:
    start, end = stimulus.get("delay", 250), stimulus.get("toff", 970)
    times = {"start": start, "middle": stimulus.get("tmid", middle), "end": end}
    units = sorted({unit for unit, _ in parts.values()})
    currents = [
        shaped(shape, unit, **times,
                **{name: value if own == unit else 0.0 for name, (own, value) in parts.items()})
        for unit in units
    ]  # fmt: skip
    return currents, (start, end), stimulus.get("totduration", 1220)


def _cheops(stimulus: Stimulus) -> Read:
    is_positive = stimulus.shape == "PosCheops"
    start = stimulus.get("delay", 250 if is_positive else 1750)
    lengths = (4000, 2000, 1333) if is_positive else (3333, 1666, 1111)
    triangles = []
    begin = start
    for i, end_key in enumerate(("t1", "t3", "toff")):
        if stimulus.has(end_key):
            end = stimulus.get(end_key)
        else:
            end = begin + 2 * stimulus.get(f"ramp{i + 1}_duration", lengths[i])
        triangles.append((begin, end))
        key = ("t2", "t4", None)[i]
        if key is not None:
            begin = (
                stimulus.get(key) if stimulus.has(key) else end + stimulus.get("inter_delay", 2000)
            )
    end = triangles[-1][1]
    if is_positive:
        unit, amplitude = stimulus.amount("amp", "thresh_perc", 300)
    elif stimulus.is_scaled and stimulus.has("thresh_perc"):
        unit, amplitude = "percent", stimulus.get("thresh_perc")
    else:
        unit, amplitude = "nA", stimulus.get("amp", -0.25)
    one = shaped("PosCheops", unit, triangles=triangles, amplitude=amplitude)
    total = stimulus.get("totduration", end + 250 if is_positive else 18220)
    return [one], (start, end), total


def _sine(stimulus: Stimulus) -> Read:
    start, end, total = _span(stimulus, 0, 5000, 5000)
    unit, amplitude = stimulus.amount("amp", "thresh_perc", 60)
    values = {"start": start, "end": end, "amplitude": amplitude, "every": SINE_SPACING}
    return [shaped("SineSpec", unit, **values)], (start, end), total


def _multi_spikes(stimulus: Stimulus) -> Read:
    start, n = stimulus.get("delay", 10), int(stimulus.get("n_spikes", 2))
    width, gap = stimulus.get("spike_duration", 3.5), stimulus.get("delta", 3.5)
    unit, amplitude = stimulus.amount("amp", "thresh_perc")
    values = {"start": start, "width": width, "period": width + gap, "number": n}
    train = shaped("train", unit, **values, amplitude=amplitude)
    end = start + n * width + (n - 1) * gap
    return [train], (start, end), stimulus.get("totduration", 1500)


def _comb(stimulus: Stimulus) -> Read:
    start, n = stimulus.get("delay", 200), int(stimulus.get("n_steps", 20))
    width, period = stimulus.get("duration", 0.5), stimulus.get("inter_delay", 5)
    amplitude = stimulus.get("amp", 40)
    values = {"start": start, "width": width, "period": period, "number": n}
    train = shaped("train", "nA", **values, amplitude=amplitude)
    return [train], (start, start + n * width), stimulus.get("totduration", 350)


def _dendritic(stimulus: Stimulus) -> Read:
    currents, window, total = _pulse(stimulus)
    return [one | {"site": _dendrite(stimulus)} for one in currents], window, total


def _synaptic(stimulus: Stimulus) -> Read:
    start, end, total = _span(stimulus, 250, 1350, 1850)
    values = {
        "start": start + stimulus.get("syn_delay", 0),
        "end": total,
        "amplitude": stimulus.get("syn_amp", 0),
        "rise": stimulus.get("syn_rise", 0.5),
        "decay": stimulus.get("syn_decay", 5),
    }
    return [shaped("EPSP", "nA", **values, site=_dendrite(stimulus))], (start, end), total


def _bac(stimulus: Stimulus) -> Read:
    pulse, window, total = _pulse(stimulus)
    epsp, _, _ = _synaptic(stimulus)
    return [*pulse, *epsp], window, total


def _noise_of_file(stimulus: Stimulus) -> Read:
    mu = stimulus.get("mu")
    times, values = _columns(stimulus)
    corners = [(time, mu + value * mu / 2) for time, value in zip(times, values, strict=True)]
    return [shaped("corners", "nA", corners=corners)], (0.0, times[-1]), times[-1]


def _sub_noise(stimulus: Stimulus) -> Read:
    unit, amplitude = stimulus.amount("amp", "thresh_perc", 150)
    times, values = _columns(stimulus)
    corners = [(time, amplitude * value) for time, value in zip(times, values, strict=True)]
    return [shaped("corners", unit, corners=corners)], (0.0, times[-1]), times[-1]


def _custom(stimulus: Stimulus) -> Read:
    times, values = _columns(stimulus)
    one = shaped("corners", "nA", corners=list(zip(times, values, strict=True)))
    return [one], (0.0, times[-1]), times[-1]


def _columns(stimulus: Stimulus) -> tuple[list[float], list[float]]:
    file = stimulus.keys.get("data_filepath")
    if not isinstance(file, str):
        raise Refused(
            f"its current ({stimulus.shape}) lies in BluePyEModel's own data; write it as a text "
            "file of two columns (ms, nA) into the folder, and name that with 'data_filepath'"
        )
    return read_columns(stimulus.folder, file, stimulus.origin)


def _dendrite(stimulus: Stimulus) -> Entry:
    if stimulus.has("sec_index"):
        raise Refused("'sec_index' chooses a section of one morphology; leave it out")
    distance = stimulus.get("somadistance")
    direction = stimulus.keys.get("direction", "apical_trunk")
    region = stimulus.keys.get("seclist_name", "apical")
    if direction == "apical_trunk":
        return {"kind": "apical_trunk", "region": "apical", "distance": distance}
    if direction == "random":
        return {"kind": "region", "region": str(region), "distance": distance}
    raise Refused(f"'direction' of its stimulus must be apical_trunk or random, got '{direction}'")


READERS: dict[str, Callable[[Stimulus], Read]] = {
    "IDrest": _pulse,
    "ThresholdAddition": _threshold_addition,
    "Ramp": _ramp,
    "sAHP": _slow_ahp,
    "HyperDepol": _hyper_depol,
    "DeHyperpol": _de_hyperpol,
    "PosCheops": _cheops,
    "NegCheops": _cheops,
    "SineSpec": _sine,
    "SpikeRecMultiSpikes": _multi_spikes,
    "Comb": _comb,
    "DendriticStep": _dendritic,
    "Synaptic": _synaptic,
    "BAC": _bac,
    "NoiseOU3": _noise_of_file,
    "WhiteNoise": _noise_of_file,
    "SubWhiteNoise": _sub_noise,
    "CustomFromFile": _custom,
}
"""Shape -> what reads it."""
