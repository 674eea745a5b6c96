"""``ionfo targets``: from recordings to means and SDs of features, and the protocols they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import IonfoError
from ..features import (
    EfelSettings,
    FeatureTarget,
    Response,
    extract_features,
    feature_unit,
    feature_value,
)
from ..tables.exchange.recordings import BadTrace, Trace, read_recordings
from ..tables.exchange.targets_config import TargetProtocol, TargetsConfig, read_targets_config
from .targets_currents import current_protocol, in_window, of_one_shape
from .targets_found import Targets as Targets

_COLUMNS = ["feature", "unit", "cell", "file", "sweep", "amplitude_nA", "percent", "value"]
_HOLDING, _RIN, _RMP, _THRESHOLD = (
    "SearchHoldingCurrent", "RinProtocol", "RMPProtocol", "SearchThresholdCurrent",
)  # fmt: skip


def targets(recordings: str | Path, config: str | Path | TargetsConfig) -> Targets:
    """Make targets of recordings.

    Each sweep is measured with eFEL as the models will be. Values are averaged within each cell,
    then over cells; the SD is that between cells, of one cell that between its sweeps, and never
    below the floor of the config.

    Parameters
    ----------
    recordings : path
        Folder with the files.
    config : path or TargetsConfig
        What is asked.

    Raises
    ------
    IonfoError
        If a file or the config breaks a rule, or no target is left.
    """
    asked = config if isinstance(config, TargetsConfig) else read_targets_config(Path(config))
    traces, bad = read_recordings(Path(recordings), asked)
    made = _Making(asked, traces, list(bad))
    return made.all()


class _Making:
    """Values and protocols as they come together."""

    def __init__(self, config: TargetsConfig, traces: Sequence[Trace], bad: list[BadTrace]) -> None:
        self.config = config
        self.settings: EfelSettings = config.efel.settings()
        self.traces = traces
        self.bad = bad
        self.rows: list[tuple[Any, ...]] = []
        self.protocols: list[dict[str, Any]] = []
        self.used: dict[str, list[Trace]] = {}
        self.notes: list[str] = []
        self.threshold = self._thresholds()

    def all(self) -> Targets:
        """Measure everything that is asked."""
        self._searches()
        for protocol, asked in self.config.protocols.items():
            for amplitude in asked.amplitudes:
                self._step(protocol, amplitude, asked)
        values = pd.DataFrame(self.rows, columns=_COLUMNS)
        features = self._features(values)
        if features.empty:
            told = "; ".join(f"{one.file}: {one.reason}" for one in self.bad[:3])
            raise IonfoError(f"the recordings give no target{': ' + told if told else ''}")
        used = {(one.cell, one.file, one.sweep) for every in self.used.values() for one in every}
        told_bad = {(one.cell, one.file, one.sweep) for one in self.bad}
        for one in self.traces:
            if (key := (one.cell, one.file, one.sweep)) not in used and key not in told_bad:
                self.bad.append(
                    BadTrace(one.cell, one.protocol, one.file, one.sweep, self._why_unused(one))
                )
        return Targets(
            features,
            values,
            self._cells(),
            self.protocols,
            pd.DataFrame(self.bad, columns=["cell", "protocol", "file", "sweep", "reason"]),
            self.config,
            self.notes,
            self.used,
        )

    def _why_unused(self, one: Trace) -> str:
        if self.config.amplitudes_in == "nA":
            return f"{one.amplitude:.4g} nA are within no tolerance"
        if (threshold := self.threshold.get(one.cell)) is None:
            return "its cell has no threshold current"
        return f"{100 * one.amplitude / threshold:.0f} % of threshold are within no tolerance"

    def _thresholds(self) -> dict[str, float]:
        """Smallest step of each cell that makes enough spikes (nA)."""
        asked = self.config.threshold
        found: dict[str, float] = {}
        if asked is None:
            return found
        for one in self.traces:
            if one.protocol in asked.protocols and one.amplitude > 0:
                count = feature_value(_response(one), "soma.v", "Spikecount", self.settings)
                if (count or 0) >= asked.spikes:
                    found[one.cell] = min(found.get(one.cell, np.inf), one.amplitude)
        return found

    def _relative(self, one: Trace) -> float:
        threshold = self.threshold.get(one.cell)
        return np.nan if threshold is None else 100 * one.amplitude / threshold

    def _searches(self) -> None:
        asked = self.config.threshold
        if asked is not None and self.threshold:
            used = [one for one in self.traces
                    if one.protocol in asked.protocols and one.cell in self.threshold]  # fmt: skip
            self.used[_THRESHOLD] = used
            base = self._measured(_HOLDING, used, ["voltage_base"],
                                  "steady_state_voltage_stimend")  # fmt: skip
            for one in used:
                self._add(f"{_HOLDING}.soma.v.bpo_holding_current", "nA", one, one.holding)
            for cell, value in self.threshold.items():
                self.rows.append(
                    (f"{_THRESHOLD}.soma.v.bpo_threshold_current", "nA", cell, "", "", value,
                     100.0, value)
                )  # fmt: skip
            span = 2 * max(abs(one.holding) for one in used)
            self.protocols.append(
                {"name": _HOLDING, "kind": "holding_search", "target_voltage": base,
                 "lower": -max(0.2, span), "upper": max(0.2, span)}
            )  # fmt: skip
        rin, rmp = self.config.input_resistance, self.config.resting_potential
        if rin is not None:
            used = self._near(rin.protocol, rin.amplitude, rin.tolerance)
            self._measured(_RIN, used, ["ohmic_input_resistance_vb_ssse"])
            if used:
                self.used[_RIN] = used
                amplitude = float(np.mean([one.amplitude for one in used]))
                self.protocols.append(
                    {"name": _RIN, "kind": "rin", "amplitude": amplitude, **self._times(_RIN, used)}
                )
        if rmp is not None:
            used = [one for one in self.traces if one.protocol == rmp.protocol]
            self._measured(_RMP, used, ["steady_state_voltage_stimend"])
            if used:
                self.used[_RMP] = used
                duration = float(np.mean([one.total for one in used]))
                self.protocols.append({"name": _RMP, "kind": "rmp", "duration": duration})
        if _THRESHOLD in self.used:
            times = self._times(_THRESHOLD, self.used[_THRESHOLD])
            self.protocols.append({"name": _THRESHOLD, "kind": "threshold_search", **times})

    def _near(self, protocol: str, amplitude: float, tolerance: float) -> list[Trace]:
        is_percent = self.config.amplitudes_in == "percent"
        return [
            one
            for one in self.traces
            if one.protocol == protocol
            and abs((self._relative(one) if is_percent else one.amplitude) - amplitude) <= tolerance
        ]

    def _step(self, protocol: str, amplitude: float, asked: TargetProtocol) -> None:
        tolerance = asked.tolerance
        used = self._near(protocol, amplitude, tolerance)
        is_percent = self.config.amplitudes_in == "percent"
        unit = "% of threshold" if is_percent else "nA"
        if not used:
            self.notes.append(f"no sweep of {protocol} lies within {tolerance:g} of {amplitude:g} "
                              f"{unit}, so it gives no target")  # fmt: skip
            return
        name = f"{protocol}_{amplitude:g}".replace(".", "p")
        if any(one.corners for one in used):
            self._any_current(name, used, asked)
            return
        self.used[name] = used
        windowed = [in_window(one, asked) for one in used]
        self._measured(name, windowed, asked.features, windows=asked.windows)
        step: dict[str, Any] = {"name": name, "kind": "step" if is_percent else "absolute_step"}
        if is_percent:
            step["percent"] = float(np.mean([self._relative(one) for one in used]))
        else:
            step["amplitude"] = float(np.mean([one.amplitude for one in used]))
            step["holding"] = float(np.mean([one.holding for one in used]))
        times = self._times(name, used)
        if asked.window is not None:
            if abs(asked.window[0] - times["delay"]) > 1.0:
                raise IonfoError(
                    f"protocol '{protocol}': the window of a step begins with it, at "
                    f'{times["delay"]:g} ms; say "current": "corners" for another'
                )
            times["window_end"] = asked.window[1]
        self.protocols.append({**step, **times})

    def _any_current(self, name: str, used: Sequence[Trace], asked: TargetProtocol) -> None:
        """Measure sweeps of a current that is no step, and write it with its corners."""
        alike, others = of_one_shape(used)
        self.bad += others
        windowed = [in_window(one, asked) for one in alike]
        self.used[name] = windowed
        self._measured(name, windowed, asked.features, windows=asked.windows)
        threshold = self.threshold if self.config.amplitudes_in == "percent" else None
        self._times(name, alike)
        self.protocols.append(current_protocol(name, windowed, threshold))

    def _times(self, name: str, used: Sequence[Trace]) -> dict[str, float]:
        """Average when the steps begin and end, and say where they differ."""
        spans = {
            "delay": [one.ton for one in used],
            "duration": [one.toff - one.ton for one in used],
            "total": [one.total for one in used],
        }
        for key, values in spans.items():
            if np.ptp(values) > max(2.0, 0.02 * np.mean(values)):
                self.notes.append(
                    f"{name}: {key} differs between sweeps, {min(values):.5g} to "
                    f"{max(values):.5g} ms; models get the mean"
                )
        found = {key: round(float(np.mean(values)), 3) for key, values in spans.items()}
        found["total"] = max(found["total"], round(found["delay"] + found["duration"], 3))
        return found

    def _measured(
        self,
        name: str,
        used: Sequence[Trace],
        features: Sequence[str],
        called: str | None = None,
        windows: Mapping[str, tuple[float, float]] | None = None,
    ) -> float:
        """Measure features of sweeps; give the mean of the last one over cells."""
        by_cell: dict[str, list[float]] = {}
        for one in used:
            asked = [
                FeatureTarget(f"{name}.soma.v.{key}", 0.0, 1.0, "", (windows or {}).get(key))
                for key in features
            ]
            found = extract_features(_response(one), asked, self.settings)
            for target in asked:
                values = found[target.name]
                key = called or target.efel_name
                unit = feature_unit(target.efel_name)
                if values.values is None:
                    reason = f"{name}: {values.reason}"
                    self.bad.append(BadTrace(one.cell, one.protocol, one.file, one.sweep, reason))
                    continue
                value = float(values.values.mean())
                by_cell.setdefault(one.cell, []).append(value)
                self._add(f"{name}.soma.v.{key}", unit, one, value)
        return float(np.mean([np.mean(each) for each in by_cell.values()])) if by_cell else np.nan

    def _add(self, feature: str, unit: str, one: Trace, value: float) -> None:
        self.rows.append(
            (feature, unit, one.cell, one.file, one.sweep, one.amplitude, self._relative(one),
             value)
        )  # fmt: skip

    def _features(self, values: pd.DataFrame) -> pd.DataFrame:
        rows = []
        for name, part in values.groupby("feature", sort=False):
            unit = str(part["unit"].iloc[0])
            by_cell = part.groupby("cell")["value"].mean()
            if len(by_cell) < self.config.fewest_cells:
                self.notes.append(
                    f"{name} has values of {len(by_cell)} cells, and {self.config.fewest_cells} "
                    "are the fewest; it gives no target"
                )
                continue
            mean = float(by_cell.mean())
            spread, origin = 0.0, "floor"
            if len(by_cell) > 1:
                spread, origin = float(by_cell.std(ddof=1)), "cells"
            elif len(part) > 1:
                spread, origin = float(part["value"].std(ddof=1)), "traces"
            smallest = self.config.smallest_sd
            floor = max(smallest.share * abs(mean), smallest.by_unit.get(unit, 0.0), 1e-12)
            if spread < floor:
                spread, origin = floor, "floor"
            rows.append((name, mean, spread, unit, len(by_cell), len(part), origin))
        columns = ["feature", "mean", "std", "unit", "cells", "traces", "sd_from"]
        return pd.DataFrame(rows, columns=columns)

    def _cells(self) -> pd.DataFrame:
        names = sorted({one.cell for one in self.traces} | {one.cell for one in self.bad})
        rows = []
        for name in names:
            own = [one for one in self.traces if one.cell == name]
            held = [one.holding for one in own]
            rows.append(
                (name, self.threshold.get(name, np.nan), np.mean(held) if held else np.nan,
                 len(own))
            )  # fmt: skip
        return pd.DataFrame(rows, columns=["cell", "threshold_nA", "holding_nA", "sweeps"])


def _response(one: Trace) -> Response:
    return Response(one.t, {"soma.v": one.v}, one.ton, one.toff, one.amplitude, one.holding)
