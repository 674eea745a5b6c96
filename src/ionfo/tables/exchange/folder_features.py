"""Features of a BluePyEModel or emodel-generalisation folder, in either of its two forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...errors import IonfoError
from .json_file import number, taken

# protocol of the older form -> protocol of the evaluator; features of searches change their names
_RENAMED = {
    ("Rin", "ohmic_input_resistance_vb_ssse"): (
        "RinProtocol",
        "ohmic_input_resistance_vb_ssse",
    ),
    ("Rin", "voltage_base"): ("SearchHoldingCurrent", "steady_state_voltage_stimend"),
    ("RMP", "voltage_base"): ("RMPProtocol", "steady_state_voltage_stimend"),
    ("RMP", "Spikecount"): ("RMPProtocol", "Spikecount"),
}
_RENAMED_PROTOCOLS = {
    "RinHoldCurrent": "SearchHoldingCurrent",
    "Threshold": "SearchThresholdCurrent",
}


@dataclass(frozen=True)
class FolderFeature:
    """A feature and its target.

    Attributes
    ----------
    protocol, recording, efel_name : str
        Parts of its name.
    mean, std : float
        Target.
    settings : dict
        eFEL settings of this feature alone.
    other_name : str or None
        How the folder calls it in tables, where that is not its eFEL name.
    """

    protocol: str
    recording: str
    efel_name: str
    mean: float
    std: float
    settings: dict[str, Any]
    other_name: str | None = None

    @property
    def name(self) -> str:
        """``protocol.recording.eFEL feature``."""
        return f"{self.protocol}.{self.recording}.{self.efel_name}"


def read_features(
    content: Any, origin: str, std_share: float | None = None
) -> tuple[list[FolderFeature], list[str]]:
    """Read features.

    Parameters
    ----------
    content : dict or list
        As in the file, in the older or the newer form.
    origin : str
        Names the file in errors.
    std_share : float, optional
        Smallest SD as a share of the mean (setting ``threshold_efeature_std``).

    Returns
    -------
    list of FolderFeature
        In file order.
    list of str
        Names of features that the evaluator leaves out.

    Raises
    ------
    IonfoError
        If an entry has another shape.
    """
    if isinstance(content, list):
        return _newer(content, origin, std_share)
    if not isinstance(content, dict):
        raise IonfoError(f"{origin} must hold features as an object or a list")
    found, dropped = [], []
    for protocol, recordings in content.items():
        if protocol.startswith("__"):
            continue
        if not isinstance(recordings, dict):
            raise IonfoError(f"{origin}: '{protocol}' must be an object of recordings")
        for recording, entries in recordings.items():
            if not isinstance(entries, list):
                raise IonfoError(f"{origin}: '{protocol}.{recording}' must be a list of features")
            for entry in entries:
                one = _older(protocol, recording, entry, origin, std_share)
                if one is None:
                    dropped.append(f"{protocol}.{recording}.{entry['feature']}")
                else:
                    found.append(one)
    return found, dropped


def _older(
    protocol: str, recording: str, entry: Any, origin: str, std_share: float | None
) -> FolderFeature | None:
    efel_name = taken(entry, "feature", str, f"{origin}, '{protocol}.{recording}'")
    where = f"{origin}, '{protocol}.{recording}.{efel_name}'"
    values = taken(entry, "val", list, where)
    if len(values) < 2:
        raise IonfoError(f"{where}: 'val' must hold mean and SD, got {len(values)} values")
    if protocol in ("Rin", "RMP"):
        if (protocol, efel_name) not in _RENAMED:
            return None
        protocol, efel_name = _RENAMED[protocol, efel_name]
    protocol = _RENAMED_PROTOCOLS.get(protocol, protocol)
    recording = "soma.v" if recording == "soma" else recording
    mean = number(values[0], f"{where}: mean")
    std = _std(mean, number(values[1], f"{where}: SD"), std_share)
    settings = entry.get("efel_settings") or {}
    return FolderFeature(
        protocol, recording, efel_name, mean, std, settings, _other(entry, efel_name)
    )


def _newer(
    content: list[Any], origin: str, std_share: float | None
) -> tuple[list[FolderFeature], list[str]]:
    found, dropped = [], []
    for entry in content:
        efel_name = taken(entry, "efel_feature_name", str, f"{origin}, feature")
        protocol = taken(entry, "protocol_name", str, f"{origin}, feature '{efel_name}'")
        recording = entry.get("recording_name")
        if isinstance(recording, dict):
            recording = recording.get("")
        where = f"{origin}, '{protocol}.{efel_name}'"
        if not isinstance(recording, str):
            raise IonfoError(f"{where}: 'recording_name' must be text")
        if entry.get("mean") is None:
            dropped.append(f"{protocol}.{recording}.{efel_name}")
            continue
        mean = number(entry["mean"], f"{where}: mean")
        given = entry["original_std"] if entry.get("original_std") is not None else entry.get("std")
        share = entry.get("threshold_efeature_std", std_share)
        default = entry.get("default_std_value", 1e-3)
        std = _std(mean, number(given, f"{where}: SD"), share, number(default, f"{where}: SD"))
        settings = entry.get("efel_settings")
        settings = {"strict_stiminterval": True} if settings is None else settings
        other = _other(entry, efel_name)
        found.append(FolderFeature(protocol, recording, efel_name, mean, std, settings, other))
    return found, dropped


def _std(mean: float, std: float, share: float | None, default: float = 1e-3) -> float:
    """Raise an SD to the smallest one, as the evaluator does."""
    if share is None:
        return std
    if mean == 0.0:
        return share or default
    return max(std, abs(share * mean))


def _other(entry: dict[str, Any], efel_name: str) -> str | None:
    name = entry.get("efeature_name")
    return None if name in (None, efel_name) else str(name)
