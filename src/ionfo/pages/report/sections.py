"""Parts of the report: heading, words and charts of each, from the tables of the analysis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...analysis.figures.colours import BLUE, GREEN, ORANGE, PINK
from ...analysis.figures.names import readable
from ...analysis.figures.spectra import FREQUENCY_RANGE, minimal_set
from .answers import members
from .charts import Chart, by_order, heat_map, layout, numbers, spread
from .more import features_map, network
from .outline import drawing_of
from .scale import signed
from .section import Cell, Section
from .tables import Material, weights


def distributions(material: Material) -> Section:
    """Parameters in their bounds, and features against experiment."""
    weight = weights(material.population).to_numpy()
    bounds = {}
    targets = {}
    if material.emodel is not None:
        bounds = {p.name: p.bounds for p in material.emodel.free_parameters if p.bounds}
        targets = {f.name: (f.mean, f.std) for f in material.emodel.features}
    section = Section("distributions", "Parameters and features")
    positions, told = {}, {}
    for name in material.parameters:
        values = material.column(name).to_numpy(np.float64)
        low, high = bounds.get(name, (float(values.min()), float(values.max())))
        positions[name] = (values - low) / (high - low)
        told[name] = _told(name, values, weight, material.unit(name), f"{low:.3g} to {high:.3g}")
    where = "bounds of the e-model" if bounds else "range of the population"
    section.charts.append((
        f"Parameters between the {where} (0 is the lower, 1 the upper end).",
        spread(positions, weight, told, {"range": [-0.02, 1.02],
                                         "title": {"text": "position in the bounds"}}),
    ))  # fmt: skip
    features = [name for name in material.features if name in targets]
    if features:
        positions, told = {}, {}
        for name in features:
            mean, std = targets[name]
            values = material.column(name).to_numpy(np.float64)
            positions[name] = (values - mean) / std
            told[name] = _told(
                name, values, weight, material.unit(name), f"experiment {mean:.4g} ± {std:.3g}"
            )
        section.charts.append((
            "Features as distances from the experimental mean in experimental SDs; the band is "
            "one SD to each side.",
            spread(positions, weight, told, {"title": {"text": "(feature - mean)/SD"}},
                   (-1.0, 1.0)),
        ))  # fmt: skip
        left = [name for name in targets if name not in features]
        if left:
            section.words.append(
                f"{len(left)} of {len(targets)} features do not vary in this population or were "
                "never defined, and are not shown."
            )
    return section


def _told(name: str, values: Any, weight: Any, unit: str, range_: str) -> str:
    known = np.isfinite(values)
    mean = float(np.average(values[known], weights=weight[known]))
    sd = float(np.sqrt(np.average((values[known] - mean) ** 2, weights=weight[known])))
    missing = f"<br>undefined in {int((~known).sum())} models" if not known.all() else ""
    return f"<b>{name}</b><br>{mean:.4g} ± {sd:.3g} {unit} (mean ± SD)<br>{range_} {unit}{missing}"


def traces(material: Material) -> Section:
    """Voltages of four models at the steps of the e-model."""
    section = Section("traces", "Voltage traces")
    found = material.traces
    if found is None:
        section.words.append(
            "No model was simulated for this page. The command `ionfo report` adds the voltages of "
            "four models, where the population carries its e-model."
        )
        return section
    labels = list(dict.fromkeys(found["model"]))
    protocols = list(dict.fromkeys(found["protocol"]))
    colours = dict(zip(labels, (BLUE, GREEN, ORANGE, PINK), strict=False))
    for protocol in protocols:
        data = []
        here = found[found["protocol"] == protocol]
        for i, label in enumerate(labels):
            one = here[here["model"] == label]
            data.append(
                {"type": "scatter", "mode": "lines", "x": numbers(one["t_ms"], 7),
                 "y": numbers(one["v_mV"], 5), "name": label, "xaxis": "x",
                 "yaxis": f"y{i + 1 if i else ''}",
                 "line": {"width": 1, "color": colours.get(label, BLUE)}}
            )  # fmt: skip
        shape: dict[str, Any] = {"xaxis": {"title": {"text": "t (ms)"},
                                           "anchor": f"y{len(labels)}"}}  # fmt: skip
        height = 1 / len(labels)
        for i in range(len(labels)):
            shape[f"yaxis{i + 1 if i else ''}"] = {
                "domain": [1 - (i + 1) * height + 0.02, 1 - i * height],
                "title": {"text": "mV", "standoff": 2},
                "nticks": 4, "automargin": True, "zeroline": False,
            }  # fmt: skip
        caption = f"{protocol}{_stimulus(material, protocol)}: somatic voltage."
        section.charts.append((caption, {"data": data, "layout": layout(height=460, **shape)}))
    section.words.append(
        "The best model has the lowest cost; the two distant ones lie far from the mean and far "
        "from each other in the space of normalised parameters. Curves are thinned for display."
    )
    return section


def _stimulus(material: Material, protocol: str) -> str:
    if material.emodel is None:
        return ""
    for one in material.emodel.protocols:
        if one.name != protocol or one.kind not in ("step", "absolute_step", "current_clamp"):
            continue
        if one.kind == "current_clamp":
            shapes = [c.shape for c in one.currents] + [s.point_process for s in one.synapses]
            return f", {' and '.join(shapes) or 'no current'} for {one.total:g} ms"
        current = (
            f"{one.percent:g} % of the threshold current"
            if one.kind == "step"
            else f"{one.amplitude:g} nA on top of {one.holding:g} nA"
        )
        return f", {current} from {one.delay:g} to {one.delay + one.duration:g} ms"
    return ""


def pairs(material: Material) -> Section:
    """Mutual information of pairs of parameters."""
    section = Section("pairs", "Mutual information of pairs")
    found = material.tables.get("mutual_information_pairs")
    if found is None:
        section.words.append("Pairs were not tested: there are too few independent rows.")
        return section
    names = material.parameters
    place = {name: i for i, name in enumerate(names)}
    matrix = np.full((len(names), len(names)), np.nan)
    hover = [["" for _ in names] for _ in names]
    for row in found.to_dict("records"):
        i, j = place[str(row["x"])], place[str(row["y"])]
        mark = ", counts" if row["is_significant"] else ""
        tested = "" if material.is_settling else f", adjusted p {row['p_adjusted']:.3g}{mark}"
        text = (
            f"<b>{row['x']}</b><br><b>{row['y']}</b><br>{row['corrected_nats']:.4g} nats{tested}"
            f"<br>Gaussian {row['gaussian_corrected_nats']:.4g} nats"
        )
        for a, b in ((i, j), (j, i)):
            matrix[a, b] = max(float(row["corrected_nats"]), 0.0)
            hover[a][b] = text
    section.charts.append((
        "Bias-corrected mutual information of every pair; values below zero are shown as zero.",
        heat_map(matrix, names, names, hover, "nats", symmetric=False),
    ))  # fmt: skip
    if not material.is_settling:
        _significant(section, material, found)
    about = material.tables.get("mutual_information_features")
    if about is not None and len(about):
        section.folded.append((
            "Bias-corrected mutual information between features (rows) and parameters (columns).",
            features_map(material, about),
        ))  # fmt: skip
    return section


def _significant(section: Section, material: Material, found: pd.DataFrame) -> None:
    """Tell, list and draw the pairs that count."""
    counted = found[found["is_significant"]].sort_values("corrected_nats", ascending=False)
    section.words.append(
        f"{len(counted)} of {len(found)} pairs count: adjusted p at most 0.05 and at least 0.1 "
        "nats. Each was tested by correlation and against random permutations of ranks, on "
        f"{int(found['tested_rows'].iloc[0])} rows."
    )
    if not len(counted):
        return
    rows: list[list[Cell]] = [
            [(readable(str(r["x"])), str(r["x"])), (readable(str(r["y"])), str(r["y"])),
             f"{r['corrected_nats']:.3f}", f"{r['p_adjusted']:.2g}"]
            for r in counted.head(10).to_dict("records")]  # fmt: skip
    section.tables.append(
        ("Strongest pairs", ["parameter", "parameter", "nats", "adjusted p"], rows)
    )
    section.folded.append((
        "The pairs that count as lines between the parameters; the stronger, the thicker.",
        network(material, found),
    ))  # fmt: skip


def o_information(material: Material) -> Section:
    """O-information by order, and which parameters its extremes hold."""
    section = Section("o_information", "O-information")
    curves = material.tables.get("o_information_curves")
    if curves is None:
        section.words.append("No O-information was written.")
        return section
    section.charts.append((
        "O-information of groups of parameters by their size. Bands are the central 95 % of "
        "column-wise shuffles of the same statistic; raw values can be switched on in the legend.",
        by_order(curves, "O-information", ("max", "mean", "min"), not material.is_settling),
    ))  # fmt: skip
    frequencies = material.tables.get("o_information_frequencies")
    if frequencies is not None:
        section.charts += _frequency_maps(frequencies, material.parameters)
    return section


def _frequency_maps(
    found: pd.DataFrame, names: list[str], target: str = ""
) -> list[tuple[str, Chart]]:
    about = f" about the {target}" if target else ""
    charts = []
    orders = sorted(found["order"].unique().tolist())
    for column, words in (("most_synergistic", "most synergistic"),
                          ("most_redundant", "most redundant")):  # fmt: skip
        table = found.pivot_table(index="variable", columns="order", values=column)
        chance = found.pivot_table(index="variable", columns="order", values="by_chance")
        own = table.loc[names, orders].to_numpy()
        excess = own - chance.loc[names, orders].to_numpy()
        hover = [
            [f"<b>{name}</b><br>size {k}: in {100 * share:.1f} % of the {words}"
             for k, share in zip(orders, row, strict=True)]
            for name, row in zip(names, own, strict=True)
        ]  # fmt: skip
        charts.append((
            f"Share of the {words} 5 % of groups of each size that hold a parameter{about}, less "
            "what chance gives. Orange is more, violet less.",
            heat_map(excess, names, [str(k) for k in orders], hover, "share less chance",
                     symmetric=True, x_title="size of the groups (variables)",
                     top=FREQUENCY_RANGE),
        ))  # fmt: skip
    return charts


def redundancy_synergy(material: Material) -> Section:
    """RSI by order about each target, with the minimal set on the cell."""
    section = Section("redundancy_synergy", "Redundancy-synergy index")
    curves = material.tables.get("redundancy_synergy_curves")
    spectra = material.tables.get("redundancy_synergy")
    if curves is None or spectra is None:
        section.words.append("No feature was a target.")
        return section
    for target in material.summary["targets"]:
        own = spectra[spectra["target"] == target].reset_index(drop=True)
        section.charts.append((
            f"RSI about {readable(target)} ({target}) by the number of predictors.",
            by_order(curves[curves["target"] == target], "RSI", ("max", "mean", "min"),
                     not material.is_settling),
        ))  # fmt: skip
        at = minimal_set(own["min_nats"].to_numpy(np.float64))
        chosen = members(own["min_multiplet"][at], material.parameters)
        section.words.append(
            f"Minimal set about the {readable(target)}: {len(chosen)} predictors reach at least "
            f"90 % of the lowest RSI ({signed(own['min_nats'][at])} of "
            f"{signed(own['min_nats'].min())} nats, raw): {', '.join(map(readable, chosen))}."
        )
        if material.outline is not None and material.outline["region"].nunique() > 1:
            section.charts.append((
                f"Where the minimal set about the {readable(target)} sits on the cell (projection, "
                "um); thick lines carry at least one of its parameters.",
                drawing_of(material, material.outline, chosen),
            ))  # fmt: skip
        frequencies = material.tables.get("redundancy_synergy_frequencies")
        if frequencies is not None:
            own = frequencies[frequencies["target"] == target]
            section.folded += _frequency_maps(own, material.parameters, readable(target))
    return section
