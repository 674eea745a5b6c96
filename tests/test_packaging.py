"""Every folder imports from the installed package, and its data files open."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import tarfile
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
        ("pages.explorer", "assets/explorer.js"),
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


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        (
            "import ionfo",
            ("numpy", "scipy", "pandas", "matplotlib", "numba", "neuron", "ionfo.emodels"),
        ),
        ("import ionfo.analysis", ("numpy", "scipy", "numba", "pandas", "matplotlib")),
        (
            "import numpy, ionfo.analysis; ionfo.analysis.o_information(numpy.eye(3))",
            ("scipy", "numba", "pandas", "matplotlib"),
        ),
        (
            "from ionfo.analysis import *",
            ("scipy.stats", "scipy.spatial", "pandas", "matplotlib", "ionfo.tables"),
        ),
    ],
)
def test_what_an_import_does_not_load(code: str, absent: tuple[str, ...]) -> None:
    told = f"{code}\nimport sys\nprint(*(one for one in {absent!r} if one in sys.modules))"
    command = [sys.executable, "-c", told]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_features_need_no_neuron() -> None:
    code = (
        "import sys\n"
        "for name in ('neuron', 'bluepyopt', 'mpi4py', 'emcee', 'ionfo.sampling',\n"
        "             'ionfo.emodels'):\n"
        "    sys.modules[name] = None\n"
        "import ionfo.features\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_build_without_links_is_refused(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "setup.py", tmp_path)
    (tmp_path / "src/ionfo").mkdir(parents=True)
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / "src/ionfo" / name).symlink_to(f"../../{name}")
    code = (
        "import runpy, setuptools\n"
        "setuptools.setup = lambda **settings: print('builds')\n"
        "runpy.run_path('setup.py')\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "builds\n", done.stderr
    (tmp_path / "src/ionfo/sampling").unlink()
    (tmp_path / "src/ionfo/sampling").write_text("../../sampling")  # what such a clone holds
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert "src/ionfo/sampling must be a symbolic link" in done.stderr


def copy_of_tracked(root: Path, folder: Path) -> list[str]:
    """Copy what git tracks, links as links; give the names."""
    if not (root / ".git").exists() or shutil.which("git") is None:
        pytest.skip("git tells which files belong to the repository, and this copy has none")
    # a checkout may belong to another user than the one who tests it
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True)
    names = [one for one in listed.stdout.decode().split("\0") if one and (root / one).exists()]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, folder / name, follow_symlinks=False)
    return names


def test_source_distribution_holds_every_tracked_file(root: Path, tmp_path: Path) -> None:
    names = copy_of_tracked(root, tmp_path / "copy")
    clutter = ("analysis/x.pyc", "docs/__pycache__/x.txt", "src/ionfo.egg-info/PKG-INFO")
    for name in clutter:
        (tmp_path / "copy" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "copy" / name).touch()
    # an older setuptools does not read the licence of pyproject.toml; MANIFEST.in is the same
    (tmp_path / "copy/pyproject.toml").write_text("")
    command = [sys.executable, "setup.py", "-q", "sdist"]
    done = subprocess.run(command, cwd=tmp_path / "copy", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (archive,) = (tmp_path / "copy/dist").iterdir()
    with tarfile.open(archive) as opened:
        members = {one.name.partition("/")[2]: one for one in opened.getmembers()}
    assert sorted(set(names) - set(members)) == []
    assert not set(clutter) & set(members)
    for folder in FOLDERS:
        link = members[f"src/ionfo/{folder}"]
        assert link.issym() and link.linkname == f"../../{folder}"
        assert f"src/ionfo/{folder}/__init__.py" not in members
    made = {name for name, one in members.items() if one.isfile()} - set(names)
    assert {one.split("/")[-1] for one in made} <= {
        "PKG-INFO", "setup.cfg", "SOURCES.txt", "dependency_links.txt", "top_level.txt",
        "entry_points.txt", "requires.txt",
    }  # fmt: skip
