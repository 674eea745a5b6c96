"""The gallery runs, at a small size, and its pages hold what its cells show."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "docs/gallery").glob("*.py"))
SMALL = {
    "steps": 5, "search": 0, "max_cost": 1e6, "models": 40, "shuffles": 2, "bootstrap": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery_hook", ROOT / "docs/hooks/gallery.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_five_examples_are_there() -> None:
    assert {script.stem for script in SCRIPTS} == {
        "genes_beside_conductances", "models_in_a_csv", "sample_a_cell", "two_populations",
        "your_own_cell",
    }  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_examples_are_short(script: Path, gallery: ModuleType) -> None:
    cells = gallery.read_cells(script.read_text())
    assert cells[0].is_prose and cells[0].text.startswith("# ")
    statements = [
        node for node in ast.walk(ast.parse(script.read_text()))
        if isinstance(node, ast.stmt) and not isinstance(node, (ast.Import, ast.ImportFrom))
    ]  # fmt: skip
    assert len(statements) <= 16
    assert sum(len(cell.text.splitlines()) for cell in cells if cell.is_prose) <= 25


@pytest.mark.neuron
@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_examples_run_as_scripts(script: Path, gallery: ModuleType, tmp_path: Path) -> None:
    text = gallery.resized(script.read_text(), SMALL)
    assert (text == script.read_text()) == (script.stem == "your_own_cell")  # small as it is
    (tmp_path / "example.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-W", "error", "example.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.neuron
@pytest.mark.slow
def test_a_page_shows_figures_and_tables(
    gallery: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "CACHE", tmp_path / "cache")
    small = tmp_path / "models_in_a_csv.py"
    small.write_text(gallery.resized((ROOT / "docs/gallery/models_in_a_csv.py").read_text(), SMALL))
    page = gallery.page_of(small)
    assert page.count("data:image/png;base64,") == 2  # of the findings, and the RSI
    assert "<table" in page and "O-information: raw lowest" in page and "```python" in page
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: pytest.fail("run twice"))
    assert gallery.page_of(small) == page


def test_a_failing_script_fails_the_build(
    gallery: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "CACHE", tmp_path / "cache")
    (tmp_path / "broken.py").write_text("# %%\nprint('before')\nnothing_is_called_so\n")
    with pytest.raises(RuntimeError, match="nothing_is_called_so"):
        gallery.page_of(tmp_path / "broken.py")
    assert not list((tmp_path / "cache").glob("*.json"))


def test_cells_show_print_and_repr(gallery: ModuleType) -> None:
    cells = gallery.read_cells(
        "# %% [markdown]\n# # Title\n# words\n\n# %%\nprint(1 < 2)\n[1, 2]\n"
    )
    assert cells[0].text == "# Title\nwords"
    assert gallery.run_cells(cells) == ["", "<pre>True\n</pre>\n<pre>[1, 2]</pre>"]
