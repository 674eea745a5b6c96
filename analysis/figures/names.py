"""Names for people: what columns are called on axes and in sentences.

Tables keep the published names; the page shows them on hovering.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_PLACES = {
    "all": "",
    "somatic": "soma",
    "axonal": "axon",
    "apical": "apical",
    "basal": "basal",
    "alldend": "dendrites",
    "somadend": "soma+dend",
    "allact": "active",
    "myelinated": "myelin",
    "distribution_decay": "decay of its distribution",
}
_QUANTITIES = {
    "g_pas": "leak",
    "e_pas": "leak reversal",
    "cm": "capacitance",
    "Ra": "axial resistance",
    "constant": "Ih",
}
_CHANNELS = {"SKv3_1": "Kv3.1", "Ca_HVA2": "Ca HVA"}
_PROTOCOL_AND_FEATURE = {
    ("RMPProtocol", "steady_state_voltage_stimend"): "resting potential",
    ("RMPProtocol", "Spikecount"): "spikes at rest",
    ("RinProtocol", "ohmic_input_resistance_vb_ssse"): "input resistance",
    ("SearchHoldingCurrent", "steady_state_voltage_stimend"): "holding potential",
    ("SearchHoldingCurrent", "bpo_holding_current"): "holding current",
    ("SearchThresholdCurrent", "bpo_threshold_current"): "threshold current",
}
_FEATURES = {
    "mean_frequency": "rate",
    "Spikecount": "spike count",
    "AP_amplitude": "AP amplitude",
    "AP1_amp": "first AP amplitude",
    "AP2_amp": "second AP amplitude",
    "APlast_amp": "last AP amplitude",
    "AP_duration_half_width": "AP half-duration",
    "spike_half_width": "AP half-width",
    "AHP_depth": "AHP depth",
    "inv_time_to_first_spike": "1/latency",
    "time_to_last_spike": "last spike time",
    "voltage_base": "baseline voltage",
    "voltage_after_stim": "voltage after",
    "steady_state_voltage_stimend": "steady voltage",
    "maximum_voltage_from_voltagebase": "peak",
    "decay_time_constant_after_stim": "decay time",
    "voltage_deflection_begin": "early deflection",
    "ohmic_input_resistance_vb_ssse": "input resistance",
}
_CALCIUM = re.compile(r"(decay|gamma)_CaDynamics\w*")
_PERCENT = re.compile(r"(?:Step|APWaveform|IV|SpikeRec|IDrest|IDthresh)_(-?\d+(?:\.\d+)?)")


def readable(name: str) -> str:
    """Shorten a published name for an axis or a sentence; others stay as they are.

    Examples
    --------
    >>> readable("gCa_LVAstbar_Ca_LVAst.somatic"), readable("gSKv3_1bar_SKv3_1.axonal")
    ('Ca LVAst (soma)', 'Kv3.1 (axon)')
    >>> readable("decay_CaDynamics_DC0.axonal"), readable("g_pas.all")
    ('Ca decay (axon)', 'leak')
    >>> readable("RMPProtocol.soma.v.steady_state_voltage_stimend")
    'resting potential'
    >>> readable("Step_220.soma.v.mean_frequency"), readable("bAP.dend1.v.Spikecount")
    ('rate at 220 %', 'spike count, bAP at dend1')
    >>> readable("Scn1a")
    'Scn1a'
    """
    name = name.removeprefix("parameters/").removeprefix("features/")
    parts = name.split(".")
    if len(parts) == 2 and parts[1] in _PLACES:
        place = _PLACES[parts[1]]
        return _quantity(parts[0]) + (f" ({place})" if place else "")
    if len(parts) == 4:
        return _feature(*parts)
    return name


def _quantity(text: str) -> str:
    if text.startswith("g") and "bar_" in text:  # gCa_HVAbar_Ca_HVA2: the mechanism counts
        channel = text.partition("bar_")[2]
        return _CHANNELS.get(channel, channel.replace("_", " "))
    if found := _CALCIUM.fullmatch(text):
        return f"Ca {found[1]}"
    return _QUANTITIES.get(text, text.replace("_", " "))


def _feature(protocol: str, site: str, variable: str, feature: str) -> str:
    at_soma = (site, variable) == ("soma", "v")
    if at_soma and (protocol, feature) in _PROTOCOL_AND_FEATURE:
        return _PROTOCOL_AND_FEATURE[protocol, feature]
    words = _FEATURES.get(feature, feature.replace("inv_", "1/").replace("_", " "))
    percent = _PERCENT.fullmatch(protocol)
    if percent is not None and at_soma:
        return f"{words} at {percent[1]} %"
    where = "" if at_soma else f" at {site}" + ("" if variable == "v" else f" ({variable})")
    return f"{words}, {protocol}{where}"


def names_told(names: Sequence[str]) -> str:
    """Say which published name each short one stands for.

    Examples
    --------
    >>> names_told(["gIhbar_Ih.somatic", "g_pas.all", "Scn1a"])
    'Ih (soma) is gIhbar_Ih.somatic, leak is g_pas.all.'
    """
    pairs = zip(readable_names(names), names, strict=True)
    told = [f"{short} is {whole}" for short, whole in pairs if short != whole]
    return f"{', '.join(told)}." if told else ""


def readable_names(names: Sequence[str]) -> list[str]:
    """Shorten several names; those that would become the same keep their whole ones.

    Examples
    --------
    >>> readable_names(["gIhbar_Ih.somatic", "Step_1.soma.v.AHP_depth", "IV_1.soma.v.AHP_depth"])
    ['Ih (soma)', 'Step_1.soma.v.AHP_depth', 'IV_1.soma.v.AHP_depth']
    """
    short = [readable(one) for one in names]
    often = Counter(short)
    return [full if often[brief] > 1 else brief for full, brief in zip(names, short, strict=True)]
