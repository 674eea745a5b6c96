"""The Python interface: the functions of the commands, in a plain script too."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

import ionfo


@pytest.mark.neuron
@pytest.mark.slow
def test_ten_lines_of_the_readme_need_no_guard(root: Path, tmp_path: Path) -> None:
    (script,) = re.findall(
        r"```python\n(import ionfo\n.*?)```", (root / "README.md").read_text(), re.DOTALL
    )
    assert len(script.splitlines()) <= 10
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "order" in done.stdout
    assert (tmp_path / "report/report.html").stat().st_size > 1_000_000
    assert (tmp_path / "report/summary.json").exists()
    population = ionfo.collect(tmp_path / "run")
    assert "models, 11 parameters, of e-model soma" in population._repr_html_()
    assert (
        "2 of 2 steps in 2 ensembles"
        in ionfo.sampling.chains.sample.Run(tmp_path / "run")._repr_html_()
    )
    scored = ionfo.score("soma", population.frame.head(2))
    pd.testing.assert_series_equal(
        scored["cost"], population.frame["cost"].head(2), check_exact=True
    )
    file = population.write(tmp_path / "p.parquet")
    again = ionfo.read_population(file)
    pd.testing.assert_frame_equal(again.parameters, population.parameters, check_exact=True)
    assert again.to_inference_data().posterior is not None


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.standard_normal((150, 4)), columns=[*"abcd"])
    return frame.assign(a=frame["b"] + frame["c"] + 0.3 * rng.standard_normal(150))


def test_findings_show_themselves(table: pd.DataFrame, tmp_path: Path) -> None:
    few = {"shuffles": 9, "bootstrap": 5, "permutations": 30}
    findings = ionfo.analyse(table, targets=["d"], **few)  # type: ignore[arg-type]
    assert set(findings.o_information["order"]) == {3}
    assert set(findings.redundancy_synergy["target"]) == {"d"}
    assert len(findings.mutual_information) and len(findings.extremes)
    assert isinstance(findings.plot_o_information(), Axes)
    assert isinstance(findings.plot_redundancy_synergy(), Axes)
    html = findings._repr_html_()
    assert "O-information: raw lowest" in html and "data:image/png;base64," in html
    table.to_csv(tmp_path / "t.csv", index=False)
    of_file = ionfo.analyse(tmp_path / "t.csv", targets=["d"], **few)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(of_file.o_information, findings.o_information)
    assert not (tmp_path / "out").exists()  # nothing is written until it is asked to
    page = findings.report(tmp_path / "out")
    assert page.name == "report.html" and (tmp_path / "out/o_information.csv").exists()


def test_rsi_needs_a_target(table: pd.DataFrame) -> None:
    findings = ionfo.analyse(table, shuffles=0, bootstrap=0, permutations=0)
    with pytest.raises(ValueError, match="no RSI without a target"):
        findings.plot_redundancy_synergy()


def test_public_names() -> None:
    for name in ionfo.__all__:
        assert getattr(ionfo, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ionfo.nothing  # noqa: B018
    assert dir(ionfo) == sorted(ionfo.__all__)
