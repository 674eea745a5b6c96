"""The site builds without a warning and loads nothing from elsewhere; a broken link fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="needs the docs extra: pip install -e '.[docs]'")


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of a checkout strictly; `test_gallery.py` runs what the gallery shows."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site],
        cwd=root, capture_output=True, text=True, timeout=1800,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "IONFO_GALLERY": "show"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(root, folder)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_the_site_builds_without_a_warning(site: Path) -> None:
    pages = list((site / "reference/api").glob("*/index.html"))
    assert {page.parent.name for page in pages} >= {
        "interface", "analysis", "emodels", "features", "sampling",
    }  # fmt: skip
    api = "".join(page.read_text() for page in pages)
    for name in ("o_information", "load_emodel", "read_mcmc_table", "Evaluator", "write_page"):
        assert re.search(rf'id="ionfo\.[\w.]*\b{name}"|id="ionfo\.{name}"', api), name


def test_every_page_is_in_the_menu(root: Path, site: Path) -> None:
    menu = (root / "mkdocs.yml").read_text()
    pages = [page.relative_to(root / "docs").as_posix() for page in (root / "docs").rglob("*.md")]
    pages += [f"gallery/{script.stem}.md" for script in (root / "docs/gallery").glob("*.py")]
    assert len(pages) > 20
    for page in pages:
        assert f": {page}\n" in menu, page
    for part in ("Learn", "How to", "Reference", "Studies"):
        assert f"  - {part}:\n" in menu


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loaded = re.compile(
        r"<(?:script|img|iframe)[^>]*\bsrc=\"?(?:https?:)?//|"
        r"<link[^>]*rel=\"?(?:stylesheet|preconnect|icon)[^>]*href=\"?(?:https?:)?//"
    )
    for page in site.rglob("*.html"):
        assert not loaded.search(page.read_text()), page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\"?(?:https?:)?//|@import", style.read_text()), style


def test_files_beside_the_documentation_become_pages(site: Path) -> None:
    emodels = (site / "reference/emodels/index.html").read_text()
    assert 'href="../populations/"' in emodels and 'href="../morphologies/"' in emodels
    assert "licence" in (site / "reference/morphologies/index.html").read_text()


def test_a_broken_link_fails(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("docs", "src", "mkdocs.yml", "analysis", "emodels", "features", "mechanisms",
                 "morphologies", "sampling"):  # fmt: skip
        source = root / name
        if source.is_dir():
            shutil.copytree(source, copy / name, symlinks=True)
        else:
            shutil.copy(source, copy / name)
    with (copy / "docs/index.md").open("a") as page:
        page.write("\n[nowhere](learn/nowhere.md)\n")
    done = build(copy, tmp_path / "site")
    assert done.returncode != 0
    warnings = [line for line in done.stderr.splitlines() if line.startswith("WARNING")]
    assert len(warnings) == 1 and "learn/nowhere.md" in warnings[0]
