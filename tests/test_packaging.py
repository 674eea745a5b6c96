"""Every folder imports from the installed package, and its data files open."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

FOLDERS = ("analysis", "emodels", "features", "mechanisms", "morphologies", "sampling")


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_is_linked_into_the_package(root: Path, folder: str) -> None:
    link = root / "src" / "ionfo" / folder
    assert link.is_symlink() and link.resolve() == root / folder, (
        f"src/ionfo/{folder} must be a symbolic link to ../../{folder}: the folders at the top "
        "are the package's subpackages; restore it with: git checkout src/ionfo"
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_imports(folder: str) -> None:
    module = importlib.import_module(f"ionfo.{folder}")
    for name in module.__all__:
        assert hasattr(module, name)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("emodels", "l5pc.json"),
        ("mechanisms", "NaTg.mod"),
        ("morphologies", "soma.swc"),
        ("pages.report", "page.css"),
        ("pages.report", "page.js"),
    ],
)
def test_data_file_opens(folder: str, name: str) -> None:
    assert files(f"ionfo.{folder}").joinpath(name).read_text()


def test_analysis_needs_neither_neuron_nor_mpi_nor_the_sampler() -> None:
    code = (
        "import sys\n"
        "for name in ('neuron', 'mpi4py', 'emcee', 'efel', 'bluepyopt', 'ionfo.sampling',\n"
        "             'ionfo.emodels', 'ionfo.features'):\n"
        "    sys.modules[name] = None\n"
        "import ionfo.analysis, numpy\n"
        "assert ionfo.analysis.o_information(numpy.eye(3)) == 0\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_features_need_no_neuron() -> None:
    code = (
        "import sys\n"
        "for name in ('neuron', 'bluepyopt', 'mpi4py', 'emcee', 'ionfo.sampling',\n"
        "             'ionfo.emodels'):\n"
        "    sys.modules[name] = None\n"
        "import ionfo.features\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
