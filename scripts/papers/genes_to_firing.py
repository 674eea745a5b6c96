"""Claims of Bernaerts et al. (2025) about genes, parameters and firing, beside what the data say.

    python scripts/papers/genes_to_firing.py ../shared/data --out genes-to-firing

1. Regression (Fig. 6): parameters of patch-seq cells on genes of ion channels by sparse
   reduced-rank regression, against the stored coefficients of a public implementation, and
   cross-validated with the published folds: for the published fits (the likeliest of 10,000 draws
   of a posterior) and for posterior means.
2. Families: the mean of the cell's family beside the genes, and what genes add within families.
3. Firing: from genes to parameters to simulated features of cells that the fit did not see.

Posterior means are told by three networks of two layers that learn parameters from the features of
simulated draws of the prior (`--simulations`): what a network of least squares learns is the mean
of the posterior.  Simulations are kept in the folder, so that the same command goes on.

claims.md holds one row per claim; docs/how_to/genes.md shows it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from claims import Claims
from numpy.typing import NDArray

from ionfo import genes
from ionfo.analysis.genes import sparse_reduced_rank_regression
from ionfo.analysis.genes.cross_validation import scaled_once
from ionfo.analysis.genes.preparation import gene_table
from ionfo.emodels.point.hh import HH_BOUNDS, HHRun
from ionfo.features.patchseq import PATCHSEQ_FEATURES
from ionfo.sampling.posterior.hh import NOISE_SD, hh_features
from ionfo.studies.predict import FiringPrediction
from ionfo.studies.predict_output import gains_told, predictor_told
from ionfo.studies.regress import GeneRegression
from ionfo.studies.regress_output import nearest_to
from ionfo.tables.archives import read_arrays, write_arrays
from ionfo.tables.files import make_folder, write_text
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]
FAMILIES = "rna_family"
FOLDS_SEED = 42
"""Of the permutation that published folds were made with."""

_BLOCK = 1000  # simulations that are stored together
_NOISE = 0.1  # SDs of features that networks learn with


def main() -> None:
    """Run all parts and write the table of claims."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = Path(__file__).resolve().parents[3] / "shared/data"
    parser.add_argument("folder", type=Path, nargs="?", default=shared)
    parser.add_argument("--out", type=Path, default=Path("genes-to-firing"))
    parser.add_argument("--simulations", type=int, default=20_000)
    parser.add_argument("--permutations", type=int, default=100)
    parser.add_argument("--draws", type=int, default=19)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=("regression", "firing"), help="one part alone")
    options = parser.parse_args()
    make_folder(options.out)
    counts = pd.read_parquet(options.folder / "expression/m1_patchseq_counts.parquet")
    fits = pd.read_parquet(options.folder / "reference/npe/npe_m1_cells.parquet")
    stored = json.loads((options.folder / "reference/npe/srrr.json").read_text())
    write_text(options.out / "genes.txt", "\n".join(stored["gene_list"]) + "\n")
    claims = Claims()
    if options.only != "firing":
        against_stored(claims, counts, fits, stored)
        regressions(claims, counts, fits, options)
    if options.only != "regression":
        firing(
            claims,
            genes.predict(
                counts,
                fits,
                FAMILIES,
                options.out / "firing",
                columns="map/",
                measured="observed/",
                genes=str(options.out / "genes.txt"),
                draws=options.draws,
                run=HHRun(noise_sd=NOISE_SD),
                rest="before and after",
                threads=options.threads,
                seed=FOLDS_SEED,
            ),
        )
    for line in claims.write(options.out):
        print(line)
    print(f"{claims.seconds:.0f} s")


def regressions(
    claims: Claims, counts: pd.DataFrame, fits: pd.DataFrame, options: argparse.Namespace
) -> None:
    """Regress published fits and posterior means, with two components and with all."""
    theta, features = simulated(options.out, options.simulations, options.threads)
    tables = {
        "published fits": (fits, "map/"),
        f"posterior means by {len(theta)} simulations": (
            posterior_means(fits, theta, features),
            "parameters/",
        ),
    }
    for what, (table, prefix) in tables.items():
        for rank in (2, len(HH_BOUNDS)):
            found = genes.regress(
                counts,
                table,
                FAMILIES,
                options.out / f"{'_'.join(what.split()[:2])}_rank{rank}",
                columns=prefix,
                genes=str(options.out / "genes.txt"),
                rank=rank,
                permutations=options.permutations if rank == 2 else 0,
                seed=FOLDS_SEED,
            )
            regression(claims, what, found)
            by_way = found.path.pivot(index=["penalty", "fit"], columns="prepared", values="r2")
            apart = by_way["over_all_cells"] - by_way["inside_folds"]
            print(f"{what}, rank {rank}: ways to prepare differ by {apart.abs().max():.4f} at most")


def against_stored(
    claims: Claims, counts: pd.DataFrame, fits: pd.DataFrame, stored: dict[str, Any]
) -> None:
    """Compare coefficients of all cells with those of a public implementation."""
    names, fit = list(stored["gene_list"]), dict(stored["fit_rank2_lam0.15"])
    columns = [f"count/{one}" for one in names]
    table = gene_table(counts.set_index("cell_id").loc[fits["cell_id"], columns], names)
    x, y = scaled_once(table, fits.filter(like="map/").to_numpy(np.float64))
    found = sparse_reduced_rank_regression(x.values, y, 2, 0.15, relaxed=False)
    same = [names[i] for i in found.genes] == fit["genes"]
    largest = np.abs(found.coefficients[found.genes] - fit["WVt"]).max() if same else np.nan
    claims.add(
        claim="coefficients of a public implementation, 319 cells, penalty 0.15",
        published=f"{len(fit['genes'])} genes, loss {fit['loss']:.5f}",
        measured=f"{len(found.genes)} genes, loss {found.loss:.5f}, coefficients to {largest:.1g}",
        verdict="holds" if same and largest < 2e-3 else "does not hold",
    )
    for rank in ("rank2", "rank13"):
        best = max(stored[f"cv_{rank}"], key=lambda row: row["r2"])
        print(f"its sparse fit, {rank}: R2 {best['r2']:.3f} at {best['genes']:.0f} genes")


def simulated(out: Path, n: int, threads: int) -> tuple[Array, Array]:
    """Draw from the prior and simulate; keep those with all features."""
    file = out / "simulations.npz"
    low, high = np.array(list(HH_BOUNDS.values())).T
    rng = np.random.default_rng(7)
    theta = low + (high - low) * rng.random((n, len(low)))
    features = np.empty((0, len(PATCHSEQ_FEATURES)))
    if file.exists():
        features = read_arrays(file, "simulations")["features"][:n]
    for first in range(len(features), n, _BLOCK):
        some = hh_features(
            theta[first : first + _BLOCK],
            HHRun(noise_sd=NOISE_SD),
            seed=7,
            first=first,
            rest="before and after",
            workers=threads,
        )
        features = np.vstack([features, some])
        write_arrays(file, {"features": features})
    known = np.isfinite(features).all(axis=1)
    return theta[known], features[known]


def posterior_means(fits: pd.DataFrame, theta: Array, features: Array) -> pd.DataFrame:
    """Learn parameters from features, and tell those of the measured cells."""
    from sklearn.neural_network import MLPRegressor

    measured = fits[[f"observed/{one}" for one in PATCHSEQ_FEATURES]].to_numpy(np.float64)
    centre, scale = features.mean(axis=0), features.std(axis=0)
    mean, sd = theta.mean(axis=0), theta.std(axis=0)
    rng = np.random.default_rng(0)
    told = []
    for seed in range(3):
        net = MLPRegressor(hidden_layer_sizes=(100, 100), alpha=1e-3, early_stopping=True,
                           max_iter=200, random_state=seed)  # fmt: skip
        noisy = (features - centre) / scale + _NOISE * rng.standard_normal(features.shape)
        net.fit(noisy, (theta - mean) / sd)
        # what no simulation comes near to is taken at four SDs
        told.append(net.predict(np.clip((measured - centre) / scale, -4.0, 4.0)))
    low, high = np.array(list(HH_BOUNDS.values())).T
    means = np.clip(np.mean(told, axis=0) * sd + mean, low, high)
    table = pd.DataFrame(means, columns=[f"parameters/{one}" for one in HH_BOUNDS])
    table.insert(0, "cell_id", fits["cell_id"].to_numpy())
    return table


def regression(claims: Claims, what: str, found: GeneRegression) -> None:
    """Decide what genes tell of parameters."""
    is_full = found.settings.rank > 2
    published, aim = ("0.183 at 20 genes", 0.183) if is_full else ("0.170 at 25 genes", 0.170)
    of = f"{what}, {'full rank' if is_full else 'rank 2'}"
    for prepared, words in (
        ("inside_folds", "prepared inside the folds"),
        ("over_all_cells", "prepared once"),
    ):
        rows = [nearest_to(found.path, prepared, fit) for fit in ("sparse", "relaxed")]
        told = "; ".join(
            f"{row['fit']} {row['r2']:.3f} ± {row['r2_sd']:.3f} at {row['genes']:.0f} genes"
            for row in rows
        )
        best = max(row["r2"] for row in rows)
        claims.add(
            claim=f"{of}: cross-validated R2, {words}",
            published=published,
            measured=told,
            verdict="reached" if best >= aim else "not reached",
        )
    claims.add(
        claim=f"{of}: penalty chosen inside the folds",
        published="",
        measured=f"{found.nested.r2.mean():.3f} ± {found.nested.r2.std():.3f} at "
        f"{found.nested.n_genes.mean():.0f} genes",
        verdict="",
    )
    family = found.family_r2
    claims.add(
        claim=f"{of}: genes tell more than the mean of the family",
        published="",
        measured=f"family {family.mean():.3f} ± {family.std():.3f}; genes alone "
        f"{found.over_family.told()} beside it, genes within families add {found.gain.told()}",
        verdict="holds" if found.gain.low > 0 else "not shown",
    )
    for test, words in zip(found.tests, ("cells", "cells within families"), strict=False):
        claims.add(
            claim=f"{of}: R2 is beyond that of shuffled {words}",
            published="p < 0.01" if words == "cells" else "",
            measured=f"{test.r2:.3f}, shuffled at most {test.shuffled.max():.3f}, p {test.p:.3g}",
            verdict="holds" if test.p < 0.05 else "not shown",
        )
    per = found.r2.set_index("parameter")
    claims.add(
        claim=f"{of}: r_SS, gKd and gKv31 can be told, gM and El cannot",
        published="0.59, 0.38, 0.31; 0.02, 0.02 (lasso)",
        measured=", ".join(
            f"{name} {per.loc[name, 'genes']:.2f}" for name in ("r_SS", "gKd", "gKv31", "gM", "El")
        ),
        verdict="",
    )


def firing(claims: Claims, found: FiringPrediction) -> None:
    """Set the ways to predict firing beside each other."""
    for row in found.by_predictor.to_dict("records"):
        own = row["predictor"] == "own fit"
        claims.add(
            claim=f"firing by {row['predictor']}",
            published="2.5 % failed, distance 4.35 (median 3.35), 955 cells" if own else "",
            measured=predictor_told(row),
            verdict="",
        )
    for worse, better, _ in gains_told():
        gain = found.gain(worse, better)
        claims.add(
            claim=f"firing: {better} predict better than {worse}",
            published="",
            measured=f"score lower by {gain.told()} SD, {gain.n_cells} cells",
            verdict="holds" if gain.low > 0 else "not shown",
        )


if __name__ == "__main__":
    with mistakes_told():
        main()
