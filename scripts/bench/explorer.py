"""How fast the explorer redraws when models are brushed, and what a watched model costs.

    python scripts/bench/explorer.py --out explorer.csv

Brushing is timed in the page itself (headless Chromium, which draws without a graphics card), from
the selection to the last of the three charts: the bundled population of cac, and a plain table of
100,000 rows.  A model watched from inside is set against its plain evaluation, CPU time of both in
turn.  Medians over repeats.
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ionfo.emodels import Simulator, bundled_populations, load_emodel
from ionfo.emodels.membrane_currents import inside
from ionfo.pages.explorer import serve
from ionfo.sampling.evaluation.evaluator import Evaluator, evaluator_spec
from ionfo.studies.explore import read_explored
from ionfo.tables.models import models_of_frame
from ionfo.tables.population import read_population
from ionfo.terminal.output import mistakes_told

BROWSER = Path(__file__).resolve().parents[2] / "tests" / "pages" / "browser.py"
N_ROWS = 100_000


def browser_class() -> Any:
    """Take the driver of Chromium from the tests."""
    spec = importlib.util.spec_from_file_location("browser", BROWSER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Browser


def brushed(file: Path, repeats: int, folder: Path) -> tuple[int, float]:
    """Rows, and the median of the milliseconds that a selection of a third of them takes."""
    explored = read_explored(file)
    n = len(explored.values)
    server = serve(explored)
    server.start()
    try:
        with browser_class()(folder / f"profile {n}") as page:
            page.open(server.address, 1200)
            page.wait("window.ionfoExplorer && window.ionfoExplorer.ready")
            times = []
            for i in range(repeats):
                rows = f"Array.from({{length: {n // 3}}}, (_, k) => 3 * k + {i % 3})"
                page.run(f"ionfoExplorer.filters.rows = {rows}; ionfoExplorer.select()")
                times.append(float(page.run("ionfoExplorer.redrawn")))
    finally:
        server.stop()
    return n, float(np.median(times))


def watched(file: Path, repeats: int) -> float:
    """CPU time of a watched model over that of its plain evaluation, in turn."""
    population = read_population(file)
    emodel = load_emodel("cac")
    read = models_of_frame(population.frame, emodel, file.name)
    ratios = []
    for row in range(repeats):
        evaluator = Evaluator(evaluator_spec(emodel))
        began = time.process_time()
        evaluator(read.theta[row], fixed=read.fixed[row])
        plain = time.process_time() - began
        simulator = Simulator(emodel)
        simulator.set_parameters(read.theta[row], read.fixed[row])
        began = time.process_time()
        for _ in inside(simulator, evaluator.order):
            pass
        ratios.append((time.process_time() - began) / plain)
        simulator.close()
    return float(np.median(ratios))


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    cac = bundled_populations("cac")[0]
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        values = np.random.default_rng(0).normal(size=(N_ROWS, 12)).astype(np.float32)
        table = folder / "table.parquet"
        pd.DataFrame(values, columns=[f"x{i}" for i in range(12)]).to_parquet(table)
        for file in (cac, table):
            n, milliseconds = brushed(file, asked.repeats, folder)
            rows.append({"what": f"brushing {n} models (ms)", "median": milliseconds})
            print(rows[-1], flush=True)
    ratio = watched(cac, max(2, asked.repeats // 3))
    rows.append({"what": "watched over evaluated (CPU)", "median": ratio})
    print(rows[-1], flush=True)
    pd.DataFrame(rows).to_csv(asked.out, index=False)


if __name__ == "__main__":
    with mistakes_told():
        main()
