"""Stimuli as BluePyEModel and emodel-generalisation name them, and how a protocol is said there.

Those tools choose the shape of a stimulus by the first word of a list that the name of its protocol
holds, and take everything that the file leaves out from the shape's defaults.
"""

from __future__ import annotations

from typing import Any, Literal

from .currents import (
    AnyCurrent,
    DeHyperpol,
    EPSPCurrent,
    HyperDepol,
    PosCheops,
    Pulse,
    Ramp,
    SineSpec,
    SlowAHP,
    Train,
)
from .protocol_kinds import CurrentClamp
from .sites import MIDDLE_OF_SOMA, Location

Tool = Literal["emodel-generalisation", "bluepyemodel"]
Keys = dict[str, Any]

WORDS: dict[Tool, dict[str, str]] = {
    "bluepyemodel": {
        "spontaneous": "IDrest",
        "step": "IDrest",
        "idrest": "IDrest",
        "idthres": "IDrest",
        "spontaps": "IDrest",
        "sponnohold30": "IDrest",
        "sponhold30": "IDrest",
        "rinholdcurrent": "IDrest",
        "bap": "IDrest",
        "spikerecmultispikes": "SpikeRecMultiSpikes",
        "iv": "IV",
        "spikerec": "IDrest",
        "apwaveform": "APWaveform",
        "firepattern": "FirePattern",
        "sahp": "sAHP",
        "idhyperpol": "sAHP",
        "irdepol": "sAHP",
        "irhyperpol": "sAHP",
        "iddepol": "sAHP",
        "hyperdepol": "HyperDepol",
        "dehyperpol": "DeHyperpol",
        "poscheops": "PosCheops",
        "negcheops": "NegCheops",
        "ramp": "Ramp",
        "ap_thresh": "Ramp",
        "apthresh": "Ramp",
        "sinespec": "SineSpec",
        "subwhitenoise": "SubWhiteNoise",
        "noiseou3": "NoiseOU3",
        "whitenoise": "WhiteNoise",
        "highfreq": "Comb",
        "synaptic": "Synaptic",
        "bac": "BAC",
        "dendritic": "DendriticStep",
        "custom": "CustomFromFile",
        "startnohold": "IDrest",
        "thresholdaddition": "ThresholdAddition",
        "probampanmda_ems": "ProbAMPANMDA_EMS",
        "bposquarepulse": "BPOSquarePulse",
    },
    "emodel-generalisation": {
        "idrest": "IDrest",
        "idthres": "IDrest",
        "step": "IDrest",
        "rinholdcurrent": "IDrest",
        "bap": "IDrest",
        "iv": "IV",
        "spikerec": "IDrest",
        "ap_thresh": "Ramp",
        "apthresh": "Ramp",
        "apwaveform": "APWaveform",
        "highfreq": "Comb",
        "synaptic": "Synaptic",
        "bac": "BAC",
        "dendritic": "DendriticStep",
        "startnohold": "IDrest",
    },
}
"""Tool -> word in the name of a protocol -> shape of its stimulus; the first that fits counts."""

STEPS = ("IDrest", "IV", "APWaveform", "FirePattern")
"""Shapes that are a step, each with defaults of its own."""

SINE_SPACING = 0.1
"""Distance of the points of those tools' SineSpec (ms)."""


def shape_of(name: str, tool: Tool = "bluepyemodel") -> str | None:
    """Tell which shape those tools give a protocol by its name.

    Examples
    --------
    >>> shape_of("APThreshold_300"), shape_of("sAHP_220", "emodel-generalisation")
    ('Ramp', None)
    """
    return next((one for word, one in WORDS[tool].items() if word in name.lower()), None)


def as_ecode(protocol: CurrentClamp) -> tuple[str, Keys] | None:
    """Say a protocol as a shape of those tools with its keys; None where they cannot.

    A protocol with a given holding current has amplitudes in nA there.
    """
    is_held = protocol.holding is None
    if protocol.synapses or (not is_held and any(c.unit != "nA" for c in protocol.currents)):
        return None
    match protocol.currents:
        case (one,) if one.site == MIDDLE_OF_SOMA:
            found = _somatic(one)
        case (one,) if protocol.holding == 0.0:
            found = _dendritic(one, protocol.total)
        case (first, Pulse() as second) if first.site == second.site == MIDDLE_OF_SOMA:
            found = _mixed(first, second)
        case _:
            found = None
    if found is None:
        return None
    shape, keys = found
    return shape, {**keys, "totduration": protocol.total}


def ecode_window(protocol: CurrentClamp) -> tuple[float, float] | None:
    """Give the window (ms) in which those tools look; None where they cannot say the protocol."""
    found = as_ecode(protocol)
    if found is None:
        return None
    if "bAP" in protocol.name:
        return (float(found[1]["delay"]), protocol.total)
    return (float(found[1]["delay"]), stimulus_end(*found))


def stimulus_end(shape: str, keys: Keys) -> float:
    """Give the end (ms) of a stimulus as those tools count it."""
    delay = float(keys.get("delay", 0.0))
    match shape:
        case "sAHP" | "HyperDepol" | "DeHyperpol" | "PosCheops" | "NegCheops":
            return float(keys["toff"])
        case "SpikeRecMultiSpikes":
            n = int(keys["n_spikes"])
            return float(delay + n * keys["spike_duration"] + (n - 1) * keys["delta"])
        case "Comb":
            return float(delay + keys["n_steps"] * keys["duration"])
        case _:
            return float(delay + keys["duration"])


def _somatic(one: AnyCurrent) -> tuple[str, Keys] | None:
    match one:
        case Pulse():
            return "IDrest", _span(one) | _amount(one, one.amplitude, "amp", "thresh_perc")
        case Ramp():
            return "Ramp", _span(one) | _amount(one, one.amplitude, "amp", "thresh_perc")
        case SineSpec() if one.every == SINE_SPACING:
            return "SineSpec", _span(one) | _amount(one, one.amplitude, "amp", "thresh_perc")
        case Train():
            return "SpikeRecMultiSpikes", {
                "delay": one.start,
                "n_spikes": one.number,
                "spike_duration": one.width,
                "delta": one.period - one.width,
            } | _amount(one, one.amplitude, "amp", "thresh_perc")
        case SlowAHP():
            return "sAHP", {
                **_slow_times(one),
                **_amount(one, one.amplitude, "amp", "thresh_perc"),
                **_amount(one, one.long, "long_amp", "long_amp_rel"),
            }
        case HyperDepol():
            return "HyperDepol", {
                **{"delay": one.start, "tmid": one.middle, "toff": one.end},
                **_amount(one, one.hyper, "hyper_amp", "hyper_amp_rel"),
                **_amount(one, one.depol, "depol_amp", "depol_amp_rel"),
            }
        case DeHyperpol():
            return "DeHyperpol", {
                **{"delay": one.start, "tmid": one.middle, "toff": one.end},
                **_amount(one, one.depol, "amp", "amp_rel"),
                **_amount(one, one.hyper, "amp2", "amp2_rel"),
            }
        case PosCheops() if len(one.triangles) == 3:
            (start, t1), (t2, t3), (t4, end) = one.triangles
            times = {"delay": start, "t1": t1, "t2": t2, "t3": t3, "t4": t4, "toff": end}
            shape = "PosCheops" if one.amplitude >= 0 else "NegCheops"
            return shape, times | _amount(one, one.amplitude, "amp", "thresh_perc")
        case _:
            return None


def _dendritic(one: AnyCurrent, total: float) -> tuple[str, Keys] | None:
    """Say a step or an EPSP-like current into a dendrite, which is without holding there."""
    place = _place(one.site)
    if place is None or one.unit != "nA":
        return None
    if isinstance(one, Pulse):
        return "DendriticStep", _span(one) | place | {"amp": one.amplitude, "thresh_perc": None}
    if isinstance(one, EPSPCurrent) and one.end == total:
        synaptic = {"syn_amp": one.amplitude, "syn_rise": one.rise, "syn_decay": one.decay}
        keys = {"delay": one.start, "duration": total - one.start, "syn_delay": 0.0}
        return "Synaptic", {**keys, **place, **synaptic, "thresh_perc": None}
    return None


def _mixed(first: AnyCurrent, pulse: Pulse) -> tuple[str, Keys] | None:
    """Say two currents in different units that are one stimulus there."""
    amount = _amount(pulse, pulse.amplitude, "amp", "thresh_perc")
    match first:
        case SlowAHP(amplitude=0.0) if (first.strong_start, first.strong_end) == (
            pulse.start,
            pulse.end,
        ):
            long = _amount(first, first.long, "long_amp", "long_amp_rel")
            return "sAHP", {**_slow_times(first), **amount, **long}
        case Pulse() if (first.start, first.end, pulse.unit) == (
            pulse.start,
            pulse.end,
            "nA",
        ) and _amount(first, first.amplitude, "", "percent").get("percent") == 100.0:
            return "ThresholdAddition", _span(pulse) | {"amp": pulse.amplitude}
        case _:
            return None


def _place(site: Location) -> Keys | None:
    if site.kind == "apical_trunk":
        return {"direction": "apical_trunk", "somadistance": site.distance}
    if site.kind == "region":
        place = {"direction": "random", "seclist_name": site.region}
        return {**place, "somadistance": site.distance}
    return None


def _span(one: Pulse | Ramp | SineSpec) -> Keys:
    return {"delay": one.start, "duration": one.end - one.start}


def _slow_times(one: SlowAHP) -> Keys:
    times = {"tmid": one.strong_start, "tmid2": one.strong_end}
    return {"delay": one.start, **times, "toff": one.end}


def _amount(one: AnyCurrent, value: float, absolute: str, relative: str) -> Keys:
    """Give an amplitude in nA or in percent, and null for the other."""
    if one.unit == "nA":
        return {absolute: value, relative: None}
    return {absolute: None, relative: value if one.unit == "percent" else 100.0 * value}
