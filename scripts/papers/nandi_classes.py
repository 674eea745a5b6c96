"""Claims of Nandi et al. (2022, Cell Reports) about classes of cortical neurons, tested again.

    python scripts/papers/nandi_classes.py ../shared/data --out classes-report

9,120 models (40 of each of 228 cells) and the expression of ion-channel genes.  The unit is the
cell, never the model: claims about best models take ``hof_index`` 0, claims about halls of fame
take one number per cell, and every interval resamples cells.  A difference is tested two-sided and,
as published, by the smaller of two one-sided p-values.  What a claim names is adjusted over the
parts of that claim (Benjamini-Hochberg); what it says of all other parameters ("only these") over
all parameters that the cells share.  Verdicts rest on two-sided tests:

    holds          every part of the claim is significant in the claimed direction
    partly         some parts are, or what should not differ differs as well
    does not hold  a part is significant the other way
    not shown      no part is significant

Classes are those of the authors: Cre lines Htr3a (Vip), Sst and Pvalb for the 79 filtered
inhibitory cells, Nr5a1 in layer 4 against Rbp4 in layer 5 for the 34 filtered excitatory ones,
L5 IT and L5 PT by the subclass that the morpho-electric type predicts, layers 2/3 and 5 of
pyramidal cells.

Written: claims.csv, claims.md, tests.csv (every test), figures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from claims import Claims
from numpy.typing import NDArray

from ionfo.analysis import benjamini_hochberg
from ionfo.analysis.cells.class_tests import compare_classes, median_interval
from ionfo.analysis.cells.classification import ForestSettings, classify_cells
from ionfo.analysis.cells.feature_space import fit_space, gap_clusters
from ionfo.analysis.cells.hall_spread import class_distances, hall_dispersion
from ionfo.analysis.figures.classes import (
    class_comparison,
    distances_figure,
    feature_maps,
    importances,
)
from ionfo.errors import IonfoError
from ionfo.terminal.output import mistakes_told

LEVEL = 0.05
INHIBITORY = {"Htr3a-Cre_NO152": "Vip", "Sst-IRES-Cre": "Sst", "Pvalb-IRES-Cre": "Pvalb"}
IH, APICAL_IH, NAT = "gbar_Ih.somatic", "gbar_Ih.apical", "gbar_NaTa_t.axonal"
KV3 = "gbar_Kv3_1.somatic"
MAP_FEATURES = ("AHP_depth", "AP_amplitude_from_voltagebase", "AP_width", "mean_frequency",
                "time_to_first_spike", "voltage_base")  # fmt: skip


@dataclass
class JudgedClaims(Claims):
    """The table of claims, and the tests that they rest on."""

    n_bootstraps: int = 2000
    seed: int = 0
    tests: list[pd.DataFrame] = field(default_factory=list)

    def judged(
        self, claim: str, data: str, statistic: str, verdict: str, published: str = ""
    ) -> None:
        """Add a row; `published` is the verdict by one-sided tests."""
        row = {
            "claim": claim,
            "data": data,
            "our statistic": statistic,
            "verdict": verdict,
            "verdict by the published rule": published,
        }
        self.add(**row)
        print(f"{verdict:13s}  {claim}\n    {data}\n    {statistic}", flush=True)

    def compare(
        self,
        table: pd.DataFrame,
        classes: Sequence[str],
        names: Sequence[str],
        pairs: Sequence[tuple[str, str]],
        family: str,
    ) -> pd.DataFrame:
        """Test columns between classes, adjusted over one family of tests."""
        found = compare_classes(
            table[list(names)].to_numpy(), classes, names, pairs, self.n_bootstraps, self.seed
        )
        self.tests.append(found.assign(family=family))
        return found


def ordered(found: pd.DataFrame, expected: Sequence[tuple[str, str, str]]) -> tuple[str, str, str]:
    """Judge that the first of each (lower, higher, parameter) is lower.

    Gives the statistic, the verdict and the verdict by one-sided tests.
    """
    rows = [
        found[
            (found["first"] == lower) & (found["second"] == higher) & (found["parameter"] == name)
        ].iloc[0]
        for lower, higher, name in expected
    ]
    own = benjamini_hochberg([row["p_two_sided"] for row in rows])
    published = benjamini_hochberg([row["p_one_sided"] for row in rows])
    parts = [
        f"{name} {lower} < {higher}: {told(row, q, q_one)}"
        for (lower, higher, name), row, q, q_one in zip(expected, rows, own, published, strict=True)
    ]
    delta = np.array([row["delta"] for row in rows])
    return "; ".join(parts), judge(own, delta), judge(published, delta)


def judge(q: NDArray[np.float64], delta: NDArray[np.float64]) -> str:
    """Give the verdict on parts that must all be negative."""
    is_clear = q < LEVEL
    if (is_clear & (delta > 0)).any():
        return "does not hold"
    if (is_clear & (delta < 0)).all():
        return "holds"
    return "partly" if is_clear.any() else "not shown"


def told(row: pd.Series, q: float, q_one_sided: float) -> str:
    """Say one test: effect size with its interval over cells, medians, q of all kinds."""
    return (
        f"delta {row['delta']:+.2f} ({row['delta_low']:+.2f} to {row['delta_high']:+.2f}), medians "
        f"{row['median_first']:.3g} and {row['median_second']:.3g}, n {row['n_first']} and "
        f"{row['n_second']}, q {q:.1e} (as published {q_one_sided:.1e}; over all tests "
        f"{row['q_two_sided']:.1e})"
    )


def only(
    found: pd.DataFrame, expected: Sequence[str], first: str, second: str
) -> tuple[str, str, str]:
    """Judge that these parameters are lower in the first class, and that no others differ."""
    statistic, *verdicts = ordered(found, [(first, second, name) for name in expected])
    rows = found.set_index("parameter").drop(list(expected))
    others = rows[rows["q_two_sided"] < LEVEL]
    more = ", ".join(
        f"{name} (delta {row['delta']:+.2f}, q {row['q_two_sided']:.1e})"
        for name, row in others.iterrows()
    )
    n_one_sided = int((rows["q_one_sided"] < LEVEL).sum())
    n_raw = int((rows["p_two_sided"] < LEVEL).sum())
    statistic += (
        f"; others that differ, of {len(rows)}: {more or 'none'} ({n_one_sided} by the published "
        f"rule; {n_raw} before adjustment)"
    )
    verdict, published = (
        "partly" if one == "holds" and n else one
        for one, n in zip(verdicts, (len(others), n_one_sided), strict=True)
    )
    return statistic, verdict, published


def inhibitory(
    claims: JudgedClaims, best: pd.DataFrame, cells: pd.DataFrame, tasic: pd.DataFrame
) -> None:
    """Kv3.1 and Kcnc1: Vip < Sst < Pvalb."""
    chosen = cells[cells["in_filtered_me_inh"] & cells["line_name"].isin(INHIBITORY)]
    classes = chosen["line_name"].map(INHIBITORY)
    table = best.loc[chosen["cell_id"]]
    pairs = [("Vip", "Sst"), ("Sst", "Pvalb"), ("Vip", "Pvalb")]
    names = shared_parameters(table)
    found = claims.compare(table, classes.to_list(), names, pairs, "inhibitory conductances")
    counts = ", ".join(f"{n} {name}" for name, n in classes.value_counts().items())
    claims.judged(
        "somatic Kv3.1: Vip < Sst < Pvalb",
        f"best models of {len(table)} cells ({counts}); q over {len(found)} tests",
        *ordered(found, [(a, b, KV3) for a, b in pairs]),
    )
    expression = tasic[tasic["subclass_label"].isin(("Vip", "Sst", "Pvalb"))]
    found = claims.compare(
        expression, expression["subclass_label"].to_list(), ["Kcnc1"], pairs, "Kcnc1"
    )
    claims.judged(
        "Kcnc1: Vip < Sst < Pvalb",
        f"{len(expression)} cells, log2(cpm + 1)",
        *ordered(found, [(a, b, "Kcnc1") for a, b in pairs]),
    )


def excitatory(
    claims: JudgedClaims,
    best: pd.DataFrame,
    cells: pd.DataFrame,
    tasic: pd.DataFrame,
    genes: pd.DataFrame,
    out: Path,
) -> None:
    """Ih of L4 and L5, IT and PT, and of layers 2/3 and 5; the genes."""
    is_known = cells["in_filtered_me_exc"]
    is_l4 = is_known & (cells["line_name"] == "Nr5a1-Cre") & (cells["structure__layer"] == "4")
    is_l5 = is_known & (cells["line_name"] == "Rbp4-Cre_KL100") & (cells["structure__layer"] == "5")
    chosen = cells[is_l4 | is_l5]
    classes = np.where(is_l4[chosen.index], "L4 Nr5a1", "L5 Rbp4").tolist()
    table = best.loc[chosen["cell_id"]]
    names = shared_parameters(table)
    pair = ("L4 Nr5a1", "L5 Rbp4")
    found = claims.compare(table, classes, names, [pair], "L4 and L5 conductances")
    claims.judged(
        "somatic Ih: L4 Nr5a1 < L5 Rbp4",
        f"best models; q over {len(found)} parameters",
        *ordered(found, [(*pair, IH)]),
    )

    for name, frame in (("tasic_exc", tasic), ("tasic_exc_subclass22genes", genes)):
        rows = frame[frame["subclass_label"].isin(("L4", "L5 IT", "L5 PT"))]
        pairs = [("L4", "L5 PT"), ("L5 IT", "L5 PT")]
        found = claims.compare(
            rows, rows["subclass_label"].to_list(), ["Hcn1", "Scn8a"], pairs, f"genes of {name}"
        )
        for claim, parts in (
            ("Hcn1: L4 < L5 PT and L5 IT < L5 PT", [(a, b, "Hcn1") for a, b in pairs]),
            ("Scn8a: L5 IT < L5 PT", [("L5 IT", "L5 PT", "Scn8a")]),
        ):
            claims.judged(claim, f"{name}, {len(rows)} cells", *ordered(found, parts))

    chosen = cells[cells["nandi_subclass"].isin(("L5 IT", "L5 PT"))]
    classes = chosen["nandi_subclass"].to_list()
    table = best.loc[chosen["cell_id"]]
    names = shared_parameters(table)
    found = claims.compare(table, classes, names, [("L5 IT", "L5 PT")], "IT and PT conductances")
    claims.judged(
        "L5 PT > L5 IT: somatic Ih, apical Ih, axonal NaT, and only these",
        f"best models; q over {len(found)} parameters",
        *only(found, (IH, APICAL_IH, NAT), "L5 IT", "L5 PT"),
    )
    class_comparison(table[names].to_numpy(), classes, found).savefig(out / "l5_it_pt.png", dpi=110)

    is_pyramidal = cells["broad_ttype"] == "Pyr"
    chosen = cells[is_pyramidal & cells["structure__layer"].isin(("2/3", "5"))]
    table = best.loc[chosen["cell_id"]]
    names = shared_parameters(table)
    classes = ("L" + chosen["structure__layer"]).to_list()
    found = claims.compare(table, classes, names, [("L2/3", "L5")], "L2/3 and L5 conductances")
    claims.judged(
        "L2/3 against L5: only Ih differs",
        f"best models of pyramidal cells; q over {len(found)} parameters",
        *only(found, [name for name in names if "Ih" in name], "L2/3", "L5"),
    )


def widths(claims: JudgedClaims, cells: pd.DataFrame, features: pd.DataFrame) -> None:
    """Median AP widths of experiments and models."""
    published = {"Pvalb": (0.23, 0.22), "Sst": (0.42, 0.36), "Vip": (0.63, 0.52)}
    chosen = cells[cells["in_filtered_me_inh"] & cells["line_name"].isin(INHIBITORY)]
    classes = chosen["line_name"].map(INHIBITORY)
    best = features[features["hof_index"] == 0].set_index("cell_id")
    parts, n_right = [], 0
    for name, pair in published.items():
        ids = chosen.loc[classes == name, "cell_id"]
        sides = (
            ("experiment", chosen.loc[classes == name, "exp_AP_width"]),
            ("model", best.loc[ids, "AP_width"]),
        )
        for (what, values), claimed in zip(sides, pair, strict=True):
            middle, low, high = median_interval(values, claims.n_bootstraps, claims.seed)
            is_right = low - 0.005 <= claimed <= high + 0.005  # published to two digits
            n_right += is_right
            parts.append(
                f"{name} {what} {middle:.3f} ({low:.3f} to {high:.3f}), published {claimed}"
                + ("" if is_right else ", outside")
            )
    by_type = cells.assign(model=cells["cell_id"].map(best["AP_width"])).groupby("broad_ttype")
    medians = by_type[["exp_AP_width", "model"]].median()
    parts.append(
        "all cells by broad transcriptomic type: "
        + ", ".join(
            f"{name} {medians.loc[name, 'exp_AP_width']:.3f} / {medians.loc[name, 'model']:.3f}"
            for name in published
        )
    )
    claims.judged(
        "AP width medians (ms), experiment / model: Pvalb 0.23 / 0.22, Sst 0.42 / 0.36, "
        "Vip 0.63 / 0.52",
        f"{len(chosen)} inhibitory cells, best models; intervals over cells",
        "; ".join(parts),
        "holds" if n_right == 6 else "partly" if n_right else "does not hold",
    )


def spread(claims: JudgedClaims, models: pd.DataFrame, cells: pd.DataFrame, out: Path) -> None:
    """Within cell < within class < between classes."""
    classes = cells.set_index("cell_id")["nandi_subclass"].dropna()
    rows = models[models["cell_id"].isin(classes.index)]
    names = shared_parameters(rows)
    of_row = classes.loc[rows["cell_id"]].to_numpy().astype(str)
    found = class_distances(rows[names].to_numpy(), rows["cell_id"].to_numpy(), of_row)
    parts, is_right = [], []
    for kind in ("within_cell", "within_class", "between_classes"):
        middle, low, high = median_interval(getattr(found, kind), claims.n_bootstraps, claims.seed)
        parts.append(f"{kind.replace('_', ' ')} {middle:.2f} ({low:.2f} to {high:.2f})")
    for first, second in (("within_cell", "within_class"), ("within_class", "between_classes")):
        mean, low, high, share = found.difference(first, second, claims.n_bootstraps, claims.seed)
        is_right.append(high < 0)
        parts.append(
            f"{first.replace('_', ' ')} less {second.replace('_', ' ')} {mean:+.2f} ({low:+.2f} to "
            f"{high:+.2f}), negative in {share:.0%} of the cells"
        )
    claims.judged(
        "hall-of-fame dispersion: within cell < within class < between classes",
        f"{len(rows)} models of {len(found.cells)} cells in {classes.nunique()} subclasses, "
        f"{len(names)} shared parameters; medians over cells of mean distances (SD)",
        "; ".join(parts),
        "holds" if all(is_right) else "partly" if any(is_right) else "does not hold",
    )
    dispersion = hall_dispersion(rows[names].to_numpy(), rows["cell_id"].to_numpy())
    distances_figure(found, dispersion).savefig(out / "distances.png", dpi=110)


def errors(claims: JudgedClaims, cells: pd.DataFrame) -> None:
    """Training errors below 2 SD."""
    columns = [name for name in cells if name.startswith("perf_")]
    mean = cells[columns].mean(axis=1)
    middle, low, high = median_interval(mean, claims.n_bootstraps, claims.seed)
    parts = [
        f"mean over features, median of {len(mean)} cells {middle:.2f} ({low:.2f} to {high:.2f})"
    ]
    parts.append(f"{(mean < 2).mean():.0%} of the cells below 2")
    below = {
        name.removeprefix("perf_"): median_interval(cells[name], claims.n_bootstraps, claims.seed)
        for name in columns
    }
    parts += [f"{name} {m:.2f} ({a:.2f} to {b:.2f})" for name, (m, a, b) in below.items()]
    n_below = sum(b < 2 for _, _, b in below.values())
    parts.append(f"the whole interval of the median is below 2 for {n_below} of {len(below)}")
    verdict = (
        "holds" if high < 2 and n_below == len(below)
        else "partly" if n_below else "does not hold"
    )  # fmt: skip
    claims.judged(
        "training error typically below 2 SD",
        "perf_ columns of nandi_cells, one number a cell",
        "; ".join(parts),
        verdict,
    )


def maps(claims: JudgedClaims, cells: pd.DataFrame, features: pd.DataFrame, out: Path) -> None:
    """Three clusters in the map of features, in experiments and models alike."""
    experiment = cells[[f"exp_{name}" for name in MAP_FEATURES]].to_numpy(np.float64)
    known = np.isfinite(experiment).all(axis=1)
    ids = cells.loc[known, "cell_id"]
    best = features[features["hof_index"] == 0].set_index("cell_id").loc[ids, list(MAP_FEATURES)]
    every = features[features["cell_id"].isin(ids)]
    usable = np.isfinite(best.to_numpy()).all(axis=1)
    space = fit_space(experiment[known], seed=claims.seed)
    places = {
        "experiments": space.places,
        "best models": space.place(best.to_numpy()[usable]),
        "all models": space.place(every[list(MAP_FEATURES)].dropna().to_numpy()),
    }
    found = {
        name: gap_clusters(one, n_references=20, seed=claims.seed) for name, one in places.items()
    }
    kinds = cells.loc[known, "broad_ttype"].to_numpy().astype(str)
    of_row = cells.set_index("cell_id")["broad_ttype"]
    classes = {
        "experiments": kinds,
        "best models": kinds[usable],
        "all models": of_row.loc[
            every.loc[every[list(MAP_FEATURES)].notna().all(axis=1), "cell_id"]
        ]
        .to_numpy()
        .astype(str),
    }
    feature_maps(places, classes, found["experiments"]).savefig(out / "map.png", dpi=110)
    label = found["experiments"]
    stays = (label.label(places["best models"]) == label.labels[usable]).mean()
    numbers = {name: one.n_clusters for name, one in found.items()}
    claims.judged(
        "features form 3 clusters in experiments, best models and halls of fame",
        f"UMAP fitted to {known.sum()} experiments ({len(MAP_FEATURES)} features), k-means, gap "
        "statistic with 20 references",
        f"clusters {numbers}; {stays:.0%} of the best models are in the cluster of their "
        "experiment",
        "holds" if set(numbers.values()) == {3}
        else "partly" if 3 in numbers.values() else "does not hold",
    )  # fmt: skip


def forests(claims: JudgedClaims, models: pd.DataFrame, cells: pd.DataFrame, out: Path) -> None:
    """Classes from the shared parameters of 20 models a cell."""
    classes = cells.set_index("cell_id")["nandi_subclass"].dropna()
    rows = models[models["cell_id"].isin(classes.index) & (models["hof_index"] < 20)]
    names = shared_parameters(rows)
    found = classify_cells(
        rows[names].to_numpy(),
        classes.loc[rows["cell_id"]].to_numpy(),
        rows["cell_id"].to_numpy(),
        names,
        ForestSettings(n_trees=(50, 150, 300), n_null=19, seed=claims.seed),
    )
    importances(found.importance, "subclass from shared parameters").savefig(
        out / "importances.png", dpi=110
    )
    top = ", ".join(found.importance["name"].head(3))
    claims.judged(
        "subclasses can be told from conductances",
        f"{found.n_cells} cells in {len(found.classes)} subclasses of at least 10, 20 models each, "
        f"{len(names)} shared parameters; forests split by cell",
        f"F1 {found.f1.mean():.2f} ({found.f1.min():.2f} to {found.f1.max():.2f} in 3 splits), by "
        f"chance {found.by_chance.mean():.2f} (at most {found.by_chance.max():.2f} of 19), p "
        f"{found.p:.2f}; most important: {top}",
        "holds" if found.p <= LEVEL else "not shown",
    )


def shared_parameters(table: pd.DataFrame) -> list[str]:
    """Parameters that every row has and that vary."""
    return [
        str(name)
        for name in table
        if name not in ("cell_id", "hof_index")
        and table[name].notna().all()
        and table[name].nunique() > 1
    ]


def write(claims: JudgedClaims, out: Path) -> None:
    """Write the tables."""
    claims.write(out)
    tests = pd.concat(claims.tests, ignore_index=True)
    p = tests["p_two_sided"].to_numpy()
    tests["q_over_everything"] = benjamini_hochberg(p)
    tests.to_csv(out / "tests.csv", index=False)
    counts = claims.table["verdict"].value_counts().to_dict()
    print(json.dumps({"verdicts": counts, "tests": len(tests)}))


def main() -> None:
    """Run all parts and write the table of claims."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = Path(__file__).resolve().parents[3] / "shared/data"
    parser.add_argument("folder", type=Path, nargs="?", default=shared)
    parser.add_argument("--out", type=Path, default=Path("classes-report"))
    parser.add_argument("--bootstrap", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-maps", action="store_true", help="leave out UMAP and forests")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cells = pd.read_parquet(options.folder / "models/nandi_cells.parquet")
    models = pd.read_parquet(options.folder / "models/nandi_hof_parameters_collapsed.parquet")
    features = pd.read_parquet(options.folder / "models/nandi_hof_features.parquet")
    tasic = {
        name: pd.read_parquet(options.folder / f"expression/{name}.parquet")
        for name in ("tasic_exc", "tasic_inh", "tasic_exc_subclass22genes")
    }
    best = models[models["hof_index"] == 0].set_index("cell_id")
    claims = JudgedClaims(n_bootstraps=options.bootstrap, seed=options.seed)
    inhibitory(claims, best, cells, tasic["tasic_inh"])
    excitatory(
        claims, best, cells, tasic["tasic_exc"], tasic["tasic_exc_subclass22genes"], options.out
    )
    widths(claims, cells, features)
    spread(claims, models, cells, options.out)
    errors(claims, cells)
    write(claims, options.out)  # what follows needs the optional extra, and takes minutes
    if not options.no_maps:
        try:
            forests(claims, models, cells, options.out)
            write(claims, options.out)
            maps(claims, cells, features, options.out)
        except IonfoError as error:  # the optional extra
            print(error)
    write(claims, options.out)
    print(f"{claims.seconds:.0f} s; {options.out}")


if __name__ == "__main__":
    with mistakes_told():
        main()
