"""eFEL's settings: which there are, of which type, and the values that hold where none is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache

from ..errors import nearest

SettingValue = bool | int | float | str

# eFEL 5 defaults, stated here so that another version's defaults cannot change a score
_DEFAULTS: dict[str, SettingValue] = {
    "DerivativeThreshold": 10.0,
    "DownDerivativeThreshold": -12.0,
    "spike_skipf": 0.1,
    "max_spike_skip": 2,
    "burst_factor": 1.5,
    "strict_burst_factor": 2.0,
    "voltage_base_start_perc": 0.9,
    "voltage_base_end_perc": 1.0,
    "current_base_start_perc": 0.9,
    "current_base_end_perc": 1.0,
    "rise_start_perc": 0.0,
    "rise_end_perc": 1.0,
    "initial_perc": 0.1,
    "min_spike_height": 20.0,
    "initburst_freq_threshold": 50,
    "initburst_sahp_start": 5,
    "initburst_sahp_end": 100,
    "DerivativeWindow": 3,
    "voltage_base_mode": "mean",
    "current_base_mode": "mean",
    "precision_threshold": 1e-10,
    "sahp_start": 5.0,
    "ignore_first_ISI": True,
    "impedance_max_freq": 50.0,
    "AP_phaseslope_range": 2,
    "inactivation_tc_end_skip": 10,
    "depol_block_min_duration": 50.0,
}
_LONGEST_INTERP_STEP = 10.0  # ms
_NOT_OURS = "dependencyfile_path"  # a file of eFEL's own


@dataclass(frozen=True)
class EfelSettings:
    """eFEL settings of a feature; every one that is not named has its default.

    Attributes
    ----------
    Threshold : float
        Spike detection (mV).
    interp_step : float
        Step of eFEL's linear interpolation (ms).
    strict_stiminterval : bool
        Whether spikes outside the stimulus window are ignored.
    others : tuple of (str, value)
        Any other setting, by name.
    """

    Threshold: float = -20.0
    interp_step: float = 0.025
    strict_stiminterval: bool = True
    others: tuple[tuple[str, SettingValue], ...] = ()

    def values(self) -> dict[str, SettingValue]:
        """Name every setting of eFEL with its value."""
        return {
            **_DEFAULTS,
            "Threshold": self.Threshold,
            "interp_step": self.interp_step,
            "strict_stiminterval": self.strict_stiminterval,
            **dict(self.others),
        }

    def but(self, changed: Mapping[str, SettingValue] | None) -> EfelSettings:
        """Give these settings with some changed.

        Examples
        --------
        >>> EfelSettings().but({"Threshold": -30, "min_spike_height": 5.0})
        EfelSettings(Threshold=-30.0, interp_step=0.025, strict_stiminterval=True, \
others=(('min_spike_height', 5.0),))
        """
        if not changed:
            return self
        values = self.values() | {name: check_setting(name, one) for name, one in changed.items()}
        others = {
            name: value
            for name, value in values.items()
            if name not in ("Threshold", "interp_step", "strict_stiminterval")
            and value != _DEFAULTS.get(name)
        }
        return EfelSettings(
            float(values["Threshold"]),
            float(values["interp_step"]),
            bool(values["strict_stiminterval"]),
            tuple(sorted(others.items())),
        )


@cache
def setting_types() -> Mapping[str, type]:
    """Name eFEL's settings with their types."""
    from efel.settings import Settings

    types = {"float": float, "int": int, "str": str, "bool": bool}
    named = {one.name: one.type for one in fields(Settings) if one.name != _NOT_OURS}
    return {
        name: kind if isinstance(kind, type) else types[str(kind)] for name, kind in named.items()
    }


def check_setting(name: str, value: SettingValue) -> SettingValue:
    """Check a setting against eFEL's own list, and give its value in eFEL's type.

    Raises
    ------
    ValueError
        If eFEL has no such setting, or the value is of another type.

    Examples
    --------
    >>> check_setting("min_spike_height", 5)
    5.0
    >>> check_setting("treshold", -30)
    Traceback (most recent call last):
    ...
    ValueError: eFEL has no setting 'treshold'; did you mean 'Threshold'?
    """
    types = setting_types()
    if name not in types:
        raise ValueError(f"eFEL has no setting '{name}'{nearest(name, types)}")
    kind = types[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_whole = is_number and float(value).is_integer()
    fits = {
        bool: isinstance(value, bool) or (is_whole and int(value) in (0, 1)),
        int: is_whole,
        float: is_number,
        str: isinstance(value, str),
    }
    if not fits[kind]:
        words = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        raise ValueError(f"eFEL's setting '{name}' must be {words[kind]}, got {value!r}")
    if name == "interp_step" and not 0.001 <= float(value) <= _LONGEST_INTERP_STEP:
        raise ValueError(f"interp_step must be 0.001 to {_LONGEST_INTERP_STEP:g} ms, got {value}")
    found: SettingValue = kind(value)
    return found
