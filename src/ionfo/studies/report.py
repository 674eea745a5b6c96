"""``ionfo report``: one page about a run or a population, with everything it takes to make it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import IonfoError, note
from ..pages.report import write_page
from ..pages.report.tables import OUTLINE, TRACES, read_material
from ..sampling import read_population
from ..sampling.evaluation.traces import choose_models, emodel_of, simulate_models, thinned
from ..sampling.folders import population_of
from ..tables.checksums import file_hash
from ..tables.files import make_folder, write_table
from .plan import AnalysisSettings
from .population import analyse_population


@dataclass(frozen=True)
class ReportSettings:
    """What goes into a page besides the analysis.

    Attributes
    ----------
    burn_in, max_cost
        As for `ionfo collect`, of a run.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones, for the traces.
    simulate : bool
        Whether models are simulated; they must carry their e-model.
    analyse : bool
        Whether to analyse; otherwise the tables of the folder are taken as they are.
    """

    burn_in: int | None = None
    max_cost: float | None = None
    morphology: Path | None = None
    mechanisms: Path | None = None
    simulate: bool = True
    analyse: bool = True


def report(
    source: Path,
    out: Path,
    settings: AnalysisSettings | None = None,
    page: ReportSettings | None = None,
) -> dict[str, Any]:
    """Analyse a run or a population, simulate four of its models, and write the page.

    Parameters
    ----------
    source : Path
        Run folder, or what `ionfo analyse` reads.
    out : Path
        Folder for the page, tables and figures.
    settings : AnalysisSettings, optional
        As for `ionfo.studies.population.analyse_population`.
    page : ReportSettings, optional
        What else goes into the page.

    Returns
    -------
    dict
        Where the page is, for machines.

    Raises
    ------
    IonfoError
        If the source is unfit.
    """
    asked = page or ReportSettings()
    if not source.exists():
        raise IonfoError(f"'{source}' does not exist")
    make_folder(out)
    population = source
    if source.is_dir():
        if (source / "summary.json").is_file():
            raise IonfoError(
                f"'{source}' holds an analysis; give the population that was analysed, and this "
                f"folder as --out: ionfo report POPULATION --out {source}"
            )
        if not (source / "run.json").is_file():
            raise IonfoError(f"'{source}' is no run folder: it has no run.json")
        limit = float("inf") if asked.max_cost is None else asked.max_cost
        collected = population_of(source, asked.burn_in, limit)
        population = out / "population.parquet"
        write_table(population, collected.frame, collected.metadata)
    elif asked.burn_in is not None or asked.max_cost is not None:
        raise IonfoError(
            f"--burn-in and --max-cost concern a run, and '{source}' is a population already"
        )
    if asked.analyse:
        analyse_population(population, out, settings=settings)
    if asked.simulate:
        _simulate(population, out, asked, settings or AnalysisSettings())
    written = write_page(out, read_material(out, population))
    return {"page": str(written), "bytes": written.stat().st_size}


def _simulate(file: Path, out: Path, page: ReportSettings, how: AnalysisSettings) -> None:
    """Write traces and outline; say why where there can be none."""
    for name in (TRACES, OUTLINE):
        (out / name).unlink(missing_ok=True)
    try:
        population = read_population(file, how.separator, how.decimal)
        emodel = emodel_of(population, str(file))
        chosen = choose_models(population, emodel, (), str(file))
        traces, outline = simulate_models(
            population, emodel, chosen, str(file), page.morphology, page.mechanisms
        )
    except IonfoError as error:
        if page.morphology is not None or page.mechanisms is not None:
            raise
        note(f"no traces in the report: {error}")
        return
    rows = []
    for label, row in chosen.items():
        cost = population.frame["cost"].iloc[row]
        for protocol, (t, v) in traces[label].items():
            t, v = thinned(t, v)
            if not len(t):  # nothing to draw, but the model stays in the legend
                t, v = np.array([np.nan]), np.array([np.nan])
            rows.append(
                pd.DataFrame(
                    {"model": f"{label} (model {row}, cost {cost:.2f})", "protocol": protocol,
                     "t_ms": t, "v_mV": v}
                )
            )  # fmt: skip
    metadata = {"population": file_hash(file)}
    write_table(out / TRACES, pd.concat(rows, ignore_index=True), metadata)
    write_table(out / OUTLINE, outline, metadata)
