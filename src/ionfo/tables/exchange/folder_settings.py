"""eFEL settings of a folder: those of all features, and what protocols and features change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import IonfoError
from ...features import EfelSettings, SettingValue
from .folder_features import FolderFeature

_OF_THE_WINDOW = ("stim_start", "stim_end", "stimulus_current")
_OF_EFEL = EfelSettings(interp_step=0.1, strict_stiminterval=False)
"""What holds in those tools where nothing is said."""

Changes = dict[str, SettingValue]


@dataclass(frozen=True)
class FolderSettings:
    """eFEL settings as a definition has them.

    Attributes
    ----------
    everywhere : dict
        Those of all features.
    protocols, features : dict of str to dict
        Name -> what differs.
    """

    everywhere: Changes
    protocols: dict[str, Changes]
    features: dict[str, Changes]

    def of_protocol(self, name: str) -> dict[str, Any]:
        """Give the entry of a protocol's own settings, or none."""
        return {"efel": self.protocols[name]} if name in self.protocols else {}

    def of_feature(self, name: str) -> dict[str, Any]:
        """Give the entry of a feature's own settings, or none."""
        return {"efel": self.features[name]} if name in self.features else {}


def read_settings(
    features: Sequence[FolderFeature], settings: dict[str, Any], origin: str
) -> FolderSettings:
    """Read the eFEL settings of features.

    Those of the first feature of a trace hold everywhere; a protocol whose features all differ
    in the same way has settings of its own, and any other feature that differs as well.

    Raises
    ------
    IonfoError
        If no feature is measured on a trace, or eFEL has no such setting.
    """
    given = settings.get("efel_settings", {"interp_step": 0.025, "strict_stiminterval": True})
    found: dict[str, EfelSettings] = {}
    for one in features:
        if one.efel_name.startswith("bpo_"):
            continue
        own = {k: v for k, v in (given | one.settings).items() if k not in _OF_THE_WINDOW}
        try:
            found[one.name] = _OF_EFEL.but(own)
        except ValueError as why:
            raise IonfoError(f"{origin}, feature '{one.name}': {why}") from None
    if not found:
        raise IonfoError(f"{origin}: no feature is measured on a trace")
    general = next(iter(found.values()))
    changes = {name: _changes(general, own) for name, own in found.items()}
    by_protocol: dict[str, list[Changes]] = {}
    for one in features:
        if one.name in changes:
            by_protocol.setdefault(one.protocol, []).append(changes[one.name])
    protocols = {
        name: each[0]
        for name, each in by_protocol.items()
        if each[0] and all(one == each[0] for one in each)
    }
    own_changes = {
        one.name: changes[one.name]
        for one in features
        if changes.get(one.name) and one.protocol not in protocols
    }
    everywhere: Changes = {
        "Threshold": general.Threshold,
        "interp_step": general.interp_step,
        "strict_stiminterval": general.strict_stiminterval,
        **dict(general.others),
    }
    return FolderSettings(everywhere, protocols, own_changes)


def _changes(general: EfelSettings, own: EfelSettings) -> Changes:
    base = general.values()
    return {name: value for name, value in own.values().items() if value != base[name]}
