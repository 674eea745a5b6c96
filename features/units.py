"""Units of features, for definitions that leave them out."""

from __future__ import annotations

from .extraction import is_known_feature

_EFEL_UNITS = {"constant": "1", "MΩ": "MOhm", "1/ms": "1/ms"}


def feature_unit(efel_name: str, variable: str = "v") -> str:
    """Look up the unit of a feature.

    Parameters
    ----------
    efel_name : str
        Name of the feature, for example ``AP_amplitude``, or of a search's result.
    variable : str
        Recorded variable; features that are voltages are concentrations (mM) of ``cai``.

    Returns
    -------
    str
        For example ``mV``; ``"1"`` for counts, ratios and what eFEL has no unit of.

    Examples
    --------
    >>> feature_unit("AP_amplitude"), feature_unit("bpo_threshold_current")
    ('mV', 'nA')
    >>> feature_unit("maximum_voltage_from_voltagebase", "cai")
    'mM'
    """
    if efel_name.startswith("bpo_"):
        return "nA"
    from efel.units import get_unit

    name = "spike_count" if efel_name == "Spikecount" else efel_name
    if not is_known_feature(efel_name):
        return "1"
    try:
        unit = str(get_unit(name))
    except (KeyError, ValueError):
        return "1"
    unit = _EFEL_UNITS.get(unit, unit)
    return "mM" if unit == "mV" and variable.endswith("i") else unit
