"""Claims of Reva et al. (2025, PNAS) about ion-channel genes, each beside what the data say.

    python scripts/papers/expression.py ../shared/data/expression --out expression-report

1. Types (Fig. 4): clusters of the ion-channel genes of m1_patchseq_counts against random sets, in
   its five largest families.
2. Interactions (Fig. 5): O-information and RSI of the width of action potentials in Lamp5 and
   Pvalb at equal numbers of cells; normalised by the counts of the table, and by all reads of the
   cell with the effect of depth regressed out, without cells whose reads do not cover their counts.
3. Groups (Fig. 6): O-information of tasic_exc (L4, L5 IT, L5 PT) and tasic_inh (Pvalb, Sst, Vip),
   of all three pooled, and of random subsets of 75 cells: raw, corrected, null.
4. Models beside genes (Fig. 7): random and high-covariance subsets of models beside L5 PT cells.
5. How many cells a group needs.

claims.csv and claims.md hold one row per claim: what is claimed (in the words of the paper's
significance statement and of this list), raw value, corrected value, its 95 % interval, null and
verdict.  Everything else is in the tables of the subfolders.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from claims import Claims
from numpy.typing import NDArray

from ionfo.analysis import correlation_matrix, greedy_extremes, wishart_bias
from ionfo.analysis.figures.beside import curves_beside
from ionfo.analysis.figures.spectra import minimal_set
from ionfo.analysis.multiplets.questions import STATISTICS
from ionfo.analysis.uncertainty.beside import Side, SideSettings, measure_side, side_frame
from ionfo.studies.beside import (
    CONDUCTANCES,
    BesideSettings,
    TableSpec,
    prepare_tables,
    tables_beside,
)
from ionfo.studies.groups import (
    Grouped,
    GroupSettings,
    compare_at_equal_rows,
    grouped_tables,
    runner,
    told_of,
)
from ionfo.studies.identify import IdentifySettings, identify_types
from ionfo.studies.plan import AnalysisSettings
from ionfo.studies.sizes import SizeSettings, study_sizes
from ionfo.tables.expression import Expression
from ionfo.tables.expression_files import read_expression
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]
MIN, MEAN = STATISTICS.index("min"), STATISTICS.index("mean")
TARGET = "ephys/ap_width_ms"
SMALL = 75
EXCITATORY, INHIBITORY = ("L4", "L5 IT", "L5 PT"), ("Pvalb", "Sst", "Vip")


@dataclass
class Report:
    """Options, where results go, and the claims as they are decided."""

    out: Path
    options: argparse.Namespace
    claims: Claims = field(default_factory=Claims)

    def claim(
        self, figure: str, claim: str, measured: str, verdict: str, **numbers: float | str
    ) -> None:
        """Add one row."""
        self.claims.add(figure=figure, claim=claim, measured=measured, **numbers, verdict=verdict)
        print(f"[{self.claims.seconds:5.0f} s] {figure} {measured}: {verdict}", flush=True)


def main() -> None:
    """Run all parts and write the table of claims."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = Path(__file__).resolve().parents[3] / "shared/data"
    parser.add_argument("folder", type=Path, nargs="?", default=shared / "expression")
    parser.add_argument("--models", type=Path, default=shared / "models/nandi_exc3_72x40.parquet")
    parser.add_argument("--out", type=Path, default=Path("expression-report"))
    parser.add_argument("--random", type=int, default=1000, help="random gene sets of each null")
    parser.add_argument("--shuffles", type=int, default=100)
    parser.add_argument("--bootstrap", type=int, default=50)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--permutations", type=int, default=199)
    parser.add_argument("--samples", type=int, default=2000, help="multiplets per order")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    report = Report(options.out, options)
    patchseq = read_expression(options.folder / "m1_patchseq_counts.parquet")
    types(report, patchseq)
    interactions(report, patchseq)
    for stem, names in (("tasic_exc", EXCITATORY), ("tasic_inh", INHIBITORY)):
        table = read_expression(
            options.folder / f"{stem}.parquet", "log", annotations=_markers(options.folder, stem)
        )
        groups(report, stem, table, names)
        if stem == "tasic_exc" and options.models.is_file():
            models_beside_genes(report, table)
        sizes(report, stem, table, names[1:] if stem == "tasic_exc" else names[:2])
    write(report)


def types(report: Report, table: Expression) -> None:
    """Fig. 4: the ion-channel genes of the five largest families against random sets."""
    families = tuple(table.cells["rna_family"].value_counts().index[:5].astype(str))
    settings = IdentifySettings(
        groups=families,
        random=report.options.random,
        seed=report.options.seed,
    )
    found = identify_types(table, "rna_family", report.out / "identify", settings)
    low, high = np.quantile(found.replicates, (0.025, 0.975))
    for null, words in zip(
        found.nulls, ("all genes", "differentially expressed genes", "genes of like mean"),
        strict=False,
    ):  # fmt: skip
        below, above = np.quantile(null.scores, (0.025, 0.975))
        report.claim(
            "4",
            f"a small set of ion-channel genes tells neuron types apart better than random {words}",
            f"adjusted Rand index, {len(found.genes)} genes, {found.table.n_cells} cells of "
            f"{', '.join(families)}",
            "holds" if null.p <= 0.05 else "does not hold",
            corrected=found.score,
            low=float(low),
            high=float(high),
            null_low=float(below),
            null_high=float(above),
            p=null.p,
            note=f"percentile {null.percentile:.1f} of {len(null.scores)} sets; interval: "
            "subsamples of 80 % of the cells",
        )
    shared = found.overlap
    report.claim(
        "4",
        "ion-channel genes are among the differentially expressed ones more than by chance",
        f"{shared.shared} of {len(found.genes)} genes, {shared.expected:.1f} expected",
        "holds" if shared.p <= 0.05 else "does not hold",
        corrected=float(shared.shared),
        null_low=shared.expected,
        null_high=shared.expected,
        p=shared.p,
    )


def interactions(report: Report, table: Expression) -> None:
    """Fig. 5: O-information and RSI of Lamp5 and Pvalb at equal numbers of cells."""
    asked = _settings(report, (TARGET,))
    for label, stem in (("", "m1"), (", by all reads, depth regressed out", "m1_by_reads")):
        how, known = GroupSettings("rna_family", ("Lamp5", "Pvalb")), table
        if label:
            known = with_reads(table)
            how = replace(how, library="exon_reads", regress=("log_reads",))
        grouped = grouped_tables(known, how, asked)
        n_rows = min(map(len, grouped.values.values()))
        sides, compared = compare_at_equal_rows(
            grouped, n_rows, 0 if label else report.options.permutations, asked
        )
        _keep(report, stem, grouped, sides, compared)
        for side in sides:
            what = told_of(side.question, grouped)
            if side.question.target is None:
                decide(report, "5", "ion-channel genes of one type interact", side, label)
            else:
                claim = f"genes tell {what.split()[1]} in synergy"
                decide(report, "5", claim, side, label, "synergy")
                least = lowest_sets(grouped, side, report.options.seed)
                report.claim("5", "few genes suffice for most of the synergy", **least)
        for row in compared.to_dict("records"):
            report.claim(
                "5",
                "types differ in how their genes interact",
                f"{row['measure']}: area of {row['first']} less {row['second']} at "
                f"{row['rows_each']} cells each",
                "holds" if row["p_adjusted"] <= 0.05 else "not shown",
                corrected=row["difference_of_areas"],
                low=row["low"],
                high=row["high"],
                p=row["p"],
            )


def with_reads(table: Expression) -> Expression:
    """Keep the cells whose reads cover the counts of the table, and take the logarithm."""
    reads = table.numbers("exon_reads")
    known = table.rows(np.flatnonzero(reads >= np.asarray(table.matrix).sum(axis=1)))
    print(f"{table.n_cells - known.n_cells} cells have more counts than reads and are left out")
    log_reads = np.log10(known.numbers("exon_reads"))
    return replace(known, cells=known.cells.assign(log_reads=log_reads))


def groups(report: Report, stem: str, table: Expression, names: tuple[str, ...]) -> None:
    """Fig. 6: each group, all pooled, and 75 cells of each; differences at equal cells."""
    asked = _settings(report)
    grouped = grouped_tables(table, GroupSettings("subclass_label", names), asked)
    question = grouped.questions[0]
    pooled = np.vstack(list(grouped.values.values()))
    sides = []
    for name, values in {**grouped.values, "pooled": pooled}.items():
        for n_rows in dict.fromkeys((len(values), min(SMALL, len(values)))):
            side = measure_side(
                f"{name}, {n_rows} cells" if n_rows == len(values) else f"{name}, random {n_rows}",
                values,
                question,
                n_rows,
                runner(None),
                SideSettings(
                    shuffles=report.options.shuffles,
                    bootstrap=report.options.bootstrap,
                    draws=report.options.draws,
                    n_samples=report.options.samples,
                    seed=report.options.seed,
                ),
            )
            sides.append(side)
            claim = (
                "redundancy dominates where types are pooled (subclusters)"
                if name == "pooled"
                else "ion-channel genes of one type interact"
            )
            expected = "redundancy" if name == "pooled" else ""
            decide(report, "6", claim, side, f" of {stem}", expected)
    n_rows = min(map(len, grouped.values.values()))
    _, compared = compare_at_equal_rows(
        grouped, n_rows, report.options.permutations, replace(asked, shuffles=0, bootstrap=0)
    )
    for row in compared.to_dict("records"):
        report.claim(
            "6",
            "types differ in how their genes interact",
            f"area of O-information of {row['first']} less {row['second']} at "
            f"{row['rows_each']} cells each",
            "holds" if row["p_adjusted"] <= 0.05 else "not shown",
            corrected=row["difference_of_areas"],
            low=row["low"],
            high=row["high"],
            p=row["p"],
        )
    _keep(report, stem, grouped, sides, compared)


def models_beside_genes(report: Report, table: Expression) -> None:
    """Fig. 7: random and covarying models beside the cells of one type."""
    frame = pd.read_parquet(report.options.models)
    names = [
        str(name)
        for name in frame
        if name not in ("cell_id", "hof_index") and not frame[name].isna().any()
    ]
    models = Expression(
        frame[names].to_numpy(np.float64), names, frame[["cell_id"]], "parameters", "models"
    )
    settings = BesideSettings(
        rows=SMALL,
        genes=CONDUCTANCES,
        shuffles=report.options.shuffles,
        bootstrap=report.options.bootstrap,
        draws=report.options.draws,
        permutations=report.options.random,
        seed=report.options.seed,
    )
    specs = [
        (TableSpec("random models", Path("models")), models),
        (TableSpec("covarying models", Path("models"), "high-covariance"), models),
        (TableSpec("L5 PT cells", Path("tasic_exc"), "subclass_label=L5 PT"), table),
    ]
    sides = tables_beside(prepare_tables(specs, settings), report.out / "beside", settings)
    claims = (
        ("synergy emerges in diverse, decorrelated ensembles", "synergy"),
        ("redundancy dominates where parameters are tightly coregulated", "redundancy"),
        ("genes of the models' channels interact as one of the two", ""),
    )
    for (claim, expected), side in zip(claims, sides, strict=True):
        decide(report, "7", claim, side, "", expected)


def sizes(report: Report, stem: str, table: Expression, names: tuple[str, ...]) -> None:
    """Count the cells that corrected O-information needs to exclude zero."""
    settings = SizeSettings(
        "subclass_label", names, draws=report.options.draws, seed=report.options.seed
    )
    for name, study in study_sizes(table, report.out / f"sizes_{stem}", settings).items():
        within = study.question.orders[~np.isnan(study.needed)]
        report.claim(
            "6",
            f"{SMALL} cells tell the sign of O-information",
            f"{name} of {stem}: {len(within)} of {len(study.question.orders)} orders exclude zero "
            f"within {study.sizes[-1]} cells drawn",
            f"holds at {int(np.sum(study.needed <= SMALL))} of {len(study.question.orders)} orders",
            note=f"sizes drawn: {', '.join(map(str, study.sizes))}",
        )


def decide(
    report: Report, figure: str, claim: str, side: Side, label: str, expected: str = ""
) -> None:
    """Say what the intervals of the mean, order by order, make of a claim.

    It is decided where the interval lies on one side of zero at more than half of the orders.
    """
    low, high = side.low[:, MEAN], side.high[:, MEAN]
    n_orders = len(low)
    n_below, n_above = int(np.sum(high < 0)), int(np.sum(low > 0))
    word, extent = "", f"synergy at {n_below}, redundancy at {n_above} of {n_orders} orders"
    if max(n_below, n_above) > n_orders / 2:
        word = "redundancy" if n_above > n_below else "synergy"
    verdict = "undecided"
    if word:
        verdict = "holds" if expected in ("", word) else f"contradicted ({word})"
    null = side.null
    assert null is not None
    beyond = int(np.sum(null.p_adjusted[:, MEAN] <= 0.05))
    below, above = null.band
    measure = "O-information" if side.question.target is None else "RSI"
    report.claim(
        figure,
        claim,
        f"{measure} of all {side.question.n} variables together, {side.name}{label}, "
        f"n = {side.n_rows} of {side.n_table}",
        f"{verdict}: {extent}",
        raw=float(side.raw[-1, MEAN]),
        bias=float(side.bias[-1]),
        corrected=float(side.corrected[-1, MEAN]),
        low=float(low[-1]),
        high=float(high[-1]),
        null_low=float(below[-1, MEAN]),
        null_high=float(above[-1, MEAN]),
        p=float(null.p[-1, MEAN]),
        note=f"mean over multiplets beyond the null at {beyond} of {n_orders} orders; interval: "
        f"{side.how}",
    )


def lowest_sets(grouped: Grouped, side: Side, seed: int) -> dict[str, object]:
    """Find the smallest set that reaches 90 % of the lowest RSI, against shuffled tables."""
    values = grouped.values[side.name]
    question = side.question

    def search(rows: Array) -> tuple[int, list[int], float, int]:
        correlation = correlation_matrix(rows[:, question.used])
        found = greedy_extremes(correlation, "redundancy_synergy_index", question.n, side="lowest")
        i = minimal_set(found.value)
        lowest = int(np.argmin(found.value))
        return i, list(found.multiplet[i]), float(found.value[lowest]), int(found.order[lowest])

    i, chosen, lowest, order = search(values)
    rng = np.random.default_rng([seed, 41])
    shuffled = [search(rng.permuted(values, axis=0))[2] for _ in range(49)]
    p = (1 + sum(one <= lowest for one in shuffled)) / 50
    n_chosen, named = len(chosen), " ".join(grouped.names[gene] for gene in chosen)
    bias = float(wishart_bias(question.name, [order], len(values) - 1.0)[0])
    few = n_chosen <= question.n / 2
    return {
        "measured": f"{side.name}, {len(values)} cells: {n_chosen} of {question.n} genes reach "
        f"90 % of the lowest RSI found (order {order}): {named}",
        "verdict": ("holds" if few else "does not hold")
        if p <= 0.05
        else "undecided: shuffled tables reach as low",
        "raw": lowest,
        "bias": bias,
        "corrected": lowest - bias,
        "null_low": float(np.quantile(shuffled, 0.025)) - bias,
        "null_high": float(np.quantile(shuffled, 0.975)) - bias,
        "p": p,
        "note": "greedy search, the same in 49 shuffled tables; corrected values keep the bias of "
        "having been chosen",
    }


def write(report: Report) -> None:
    """Write claims.csv and claims.md."""
    head = (
        "figure", "claim", "measured", "raw", "corrected", "95 % interval", "null, 95 %",
        "p of these numbers", "verdict",
    )  # fmt: skip
    report.claims.write(report.out, head, _cells)
    options = {key: str(value) for key, value in vars(report.options).items()}
    (report.out / "options.json").write_text(json.dumps(options, indent=1) + "\n")
    print(f"{report.claims.seconds:.0f} s; {report.out / 'claims.md'}")


def _cells(row: Mapping[str, object]) -> list[object]:
    p = row.get("p")
    return [
        row["figure"], row["claim"], row["measured"],
        _told(row.get("raw")), _told(row.get("corrected")),
        _pair(row, "low", "high"), _pair(row, "null_low", "null_high"),
        "" if pd.isna(p) else f"{p:.3g}", row["verdict"],
    ]  # fmt: skip


def _keep(
    report: Report, stem: str, grouped: Grouped, sides: list[Side], compared: pd.DataFrame
) -> None:
    frames = [side_frame([side]).assign(measure=told_of(side.question, grouped)) for side in sides]
    pd.concat(frames).to_csv(report.out / f"{stem}_curves.csv", index=False)
    compared.to_csv(report.out / f"{stem}_compared.csv", index=False)
    (report.out / f"{stem}_genes.txt").write_text("\n".join(grouped.names) + "\n")
    o_sides = [side for side in sides if side.question.target is None]
    figure = curves_beside(o_sides, "O-information (nats)", stem)
    figure.savefig(report.out / f"{stem}.png", dpi=130)


def _settings(report: Report, targets: tuple[str, ...] = ()) -> AnalysisSettings:
    options = report.options
    return AnalysisSettings(
        targets=targets,
        shuffles=options.shuffles,
        bootstrap=options.bootstrap,
        seed=options.seed,
    )


def _markers(folder: Path, stem: str) -> list[str]:
    names = pd.read_parquet(folder / f"{stem}.parquet").columns
    return [str(name) for name in names if str(name).startswith("marker_")]


def _told(value: object) -> str:
    return "" if value is None or pd.isna(value) else f"{value:+.3f}"


def _pair(row: Mapping[str, object], low: str, high: str) -> str:
    first, second = _told(row.get(low)), _told(row.get(high))
    return f"{first} to {second}" if first else ""


if __name__ == "__main__":
    with mistakes_told():
        main()
