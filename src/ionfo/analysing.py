"""``ionfo analyse``: from a population file to tables, figures and a summary."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from . import show
from .analysis import (
    Spectrum,
    correlation_matrix,
    mutual_information,
    o_information_spectrum,
    plots,
    redundancy_synergy_spectrum,
)
from .emodels import EModel, parse_emodel
from .errors import IonfoError, nearest
from .sampling import read_population
from .sampling.files import write_table, write_text

N_DEFAULT_TARGETS = 2
"""Features whose RSI is measured when none is named."""


@dataclass(frozen=True)
class Table:
    """A population as matrices: parameters and features that vary, and weights."""

    parameters: NDArray[np.float64]
    parameter_names: list[str]
    features: NDArray[np.float64]
    feature_names: list[str]
    weights: NDArray[np.float64]


def analyse_population(file: Path, out: Path, targets: Sequence[str] = ()) -> None:
    """Measure mutual information, O-information and RSI, and draw them.

    Parameters
    ----------
    file : Path
        A population: ``parameters/`` and ``features/`` columns, optionally ``weight``.
    out : Path
        Folder for the results; made if need be.
    targets : sequence of str
        Features whose RSI is measured; by default the two about which the parameters
        together tell most.

    Raises
    ------
    IonfoError
        If the file is unfit, a target is unknown, or the columns are degenerate.
    """
    population = read_population(file)
    columns = [str(column) for column in population.frame]
    known = [c.removeprefix("features/") for c in columns if c.startswith("features/")]
    for target in targets:
        if target not in known:
            raise IonfoError(f"'{file}' has no feature '{target}'{nearest(target, known)}")
    emodel = None
    if "emodel" in population.metadata:
        emodel = parse_emodel(json.dumps(population.metadata["emodel"]), str(file))
    table = _matrices(population.frame, file)
    for target in targets:
        if target not in table.feature_names:
            raise IonfoError(f"feature '{target}' does not vary or is missing in some models")
    if len(table.parameter_names) < 3:
        raise IonfoError(
            f"'{file}' has {len(table.parameter_names)} parameters that vary over its "
            f"{len(population.frame)} models; at least 3 are needed"
        )
    try:
        correlation = correlation_matrix(table.parameters, table.weights, table.parameter_names)
        joint = {name: _joint(table, name) for name in targets or table.feature_names}
    except ValueError as error:
        raise IonfoError(f"'{file}' cannot be analysed: {error}") from None
    chosen = list(targets) or _most_informed(joint)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IonfoError(f"folder '{out}' cannot be made: {error.strerror}") from None

    n_rows, n_parameters = table.parameters.shape
    estimator = f"Gaussian plug-in, n = {n_rows} models, no bias correction"
    information = mutual_information(correlation)
    frame = pd.DataFrame(information, columns=table.parameter_names)
    frame.insert(0, "parameter", table.parameter_names)
    write_table(out / "mutual_information.csv", frame)

    o_spectrum = o_information_spectrum(correlation)
    write_table(out / "o_information.csv", _spectrum_frame(o_spectrum, table.parameter_names))
    rsi = {name: redundancy_synergy_spectrum(joint[name], n_parameters) for name in chosen}
    if rsi:
        frames = [
            _spectrum_frame(spectrum, table.parameter_names).assign(target=name)
            for name, spectrum in rsi.items()
        ]
        write_table(out / "redundancy_synergy.csv", pd.concat(frames, ignore_index=True))
        panels = {f"RSI about {name}": spectrum for name, spectrum in rsi.items()}
        _save(out / "redundancy_synergy", plots.order_curves(panels, "RSI (nats)", estimator))
    else:
        show.note("no feature varies in all models: no redundancy-synergy index")

    _save(
        out / "mutual_information",
        plots.information_map(information, table.parameter_names, f"{estimator}"),
    )
    _save(
        out / "o_information",
        plots.order_curves(
            {"O-information of the parameters": o_spectrum}, "O-information (nats)", estimator
        ),
    )
    _draw_distributions(out, len(population.frame), emodel, table)
    summary = {
        "population": file.name,
        "estimator": estimator,
        "rows": n_rows,
        "total_weight": float(table.weights.sum()),
        "units": "nats",
        "sign": "O-information and RSI: positive redundancy, negative synergy",
        "parameters": table.parameter_names,
        "targets": chosen,
        "multiplets": int(o_spectrum.count.sum()),
        "skipped_orders": list(o_spectrum.skipped),
        "o_information_min": float(o_spectrum.minimum.min()),
        "o_information_max": float(o_spectrum.maximum.max()),
    }
    write_text(out / "summary.json", json.dumps(summary, indent=1) + "\n")
    _tell(o_spectrum, rsi, table.parameter_names, estimator, out)


def _matrices(frame: pd.DataFrame, file: Path) -> Table:
    def numbers(prefix: str) -> pd.DataFrame:
        part = frame[[column for column in frame if str(column).startswith(prefix)]]
        for column in part:
            if not pd.api.types.is_numeric_dtype(part[column]):
                raise IonfoError(f"'{file}': column '{column}' must hold numbers")
        return part.rename(columns=lambda column: str(column).removeprefix(prefix))

    parameters, features = numbers("parameters/"), numbers("features/")
    if bad := [str(name) for name in parameters if parameters[name].isna().any()]:
        raise IonfoError(f"'{file}': parameter '{bad[0]}' is missing in some models")
    fixed = [str(name) for name in parameters if parameters[name].nunique() == 1]
    if fixed and len(fixed) < parameters.shape[1]:
        show.note(f"left out parameters that do not vary: {', '.join(fixed)}")
    parameters = parameters.drop(columns=fixed)
    unfit = [
        str(name)
        for name in features
        if features[name].isna().any() or features[name].nunique() == 1
    ]
    if unfit and len(frame) > 1:
        show.note(f"left out features that are missing or do not vary: {', '.join(unfit)}")
    features = features.drop(columns=unfit)
    weights = frame["weight"] if "weight" in frame else pd.Series(1.0, frame.index)
    if not pd.api.types.is_numeric_dtype(weights) or not (weights > 0).all():
        raise IonfoError(f"'{file}': weights must be positive numbers")
    return Table(
        parameters.to_numpy(np.float64),
        [str(name) for name in parameters],
        features.to_numpy(np.float64),
        [str(name) for name in features],
        np.asarray(weights, dtype=np.float64),
    )


def _joint(table: Table, feature: str) -> NDArray[np.float64]:
    """Correlation of all parameters and one feature, the feature last."""
    column = table.features[:, [table.feature_names.index(feature)]]
    values = np.hstack([table.parameters, column])
    return correlation_matrix(values, table.weights, [*table.parameter_names, feature])


def _most_informed(joint: Mapping[str, NDArray[np.float64]]) -> list[str]:
    """Features about which all parameters together tell most: the largest R^2."""
    explained = {
        name: float(c[-1, :-1] @ np.linalg.solve(c[:-1, :-1], c[:-1, -1]))
        for name, c in joint.items()
    }
    best = sorted(explained, key=lambda name: -explained[name])[:N_DEFAULT_TARGETS]
    return [name for name in joint if name in best]


def _spectrum_frame(spectrum: Spectrum, names: Sequence[str]) -> pd.DataFrame:
    def listed(multiplets: Sequence[tuple[int, ...]]) -> list[str]:
        return [" ".join(names[i] for i in multiplet) for multiplet in multiplets]

    return pd.DataFrame(
        {
            "order": spectrum.order,
            "count": spectrum.count,
            "min_nats": spectrum.minimum,
            "mean_nats": spectrum.mean,
            "max_nats": spectrum.maximum,
            "std_nats": spectrum.std,
            "min_multiplet": listed(spectrum.argmin),
            "max_multiplet": listed(spectrum.argmax),
        }
    )


def _draw_distributions(out: Path, n_models: int, emodel: EModel | None, table: Table) -> None:
    units: dict[str, str] = {}
    bounds: dict[str, tuple[float, float]] = {}
    goals: dict[str, tuple[float, float]] = {}
    if emodel is not None:
        units = {p.name: p.unit for p in emodel.parameters}
        units |= {feature.name: feature.unit for feature in emodel.features}
        bounds = {p.name: p.bounds for p in emodel.parameters if p.bounds is not None}
        goals = {feature.name: (feature.mean, feature.std) for feature in emodel.features}

    def labelled(name: str) -> str:
        return f"{name} ({units[name]})" if name in units else name

    names = table.parameter_names
    figure = plots.distributions(
        table.parameters,
        table.weights,
        [labelled(name) for name in names],
        ranges=[bounds[name] for name in names] if set(names) <= set(bounds) else None,
        title=f"parameters inside their bounds, n = {n_models} models",
    )
    _save(out / "parameters", figure)
    names = table.feature_names
    if names:
        figure = plots.distributions(
            table.features,
            table.weights,
            [labelled(name) for name in names],
            targets=[goals[name] for name in names] if set(names) <= set(goals) else None,
            title=f"features (bars) and targets (mean ± SD), n = {n_models} models",
        )
        _save(out / "features", figure)


def _save(stem: Path, figure: Figure) -> None:
    figure.savefig(stem.with_suffix(".png"), dpi=130)
    figure.savefig(stem.with_suffix(".svg"))


def _tell(
    spectrum: Spectrum,
    rsi: Mapping[str, Spectrum],
    names: Sequence[str],
    estimator: str,
    out: Path,
) -> None:
    screen = show.console()
    screen.print(f"{spectrum.count.sum()} multiplets of {len(names)} parameters; {estimator}")
    if spectrum.skipped:
        screen.print(
            f"orders {spectrum.skipped[0]} to {spectrum.skipped[-1]} hold too many multiplets and "
            "were not measured"
        )
    for label, one in {
        "O-information": spectrum,
        **{f"RSI {k}": s for k, s in rsi.items()},
    }.items():
        low, high = int(np.argmin(one.minimum)), int(np.argmax(one.maximum))
        screen.print(
            f"{label}: lowest {one.minimum[low]:+.4f} nats at order {one.order[low]}"
            f"{_meaning(one.minimum[low])}, highest {one.maximum[high]:+.4f} nats at order "
            f"{one.order[high]}{_meaning(one.maximum[high])}"
        )
    screen.print(f"tables and figures in {out}")


def _meaning(value: float) -> str:
    return " (synergy)" if value < 0 else " (redundancy)" if value > 0 else ""
