"""Compile NMODL files once per content and load the library once per process.

The compiled library lives in a cache folder named by a hash of the .mod files, the
NEURON version, the machine and the flags, so an edited file or a new NEURON never
meets a stale library.  A build happens in a temporary folder that is renamed when
complete: whoever finds the folder finds it whole.  A file lock makes one process
build while the others wait; where a file system has no locks the rename alone keeps
the result right.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import IonfoError, note
from ..progress import progress
from .declared import BUILT_IN, Declared, read_declared

BUNDLED = Path(__file__).resolve().parent
POINT = BUNDLED / "point"
_LIBRARY = "libnrnmech.so" if platform.system() != "Darwin" else "libnrnmech.dylib"

_LEFT_OUT = "left_out.json"
"""Beside a library: mechanism that did not compile and was not needed -> the compiler's words."""

# NEURON itself is one per process and cannot unload a library, so what it has loaded is
# remembered beside it: suffix of the mechanism -> path of its library.
_loaded: dict[str, Path] = {}


def mechanism_files(folder: Path) -> dict[str, Path]:
    """List the mechanisms of a folder.

    Parameters
    ----------
    folder : Path
        A folder with .mod files.

    Returns
    -------
    dict of str to Path
        Name of the mechanism (its SUFFIX or POINT_PROCESS) -> file, sorted by file name.

    Raises
    ------
    IonfoError
        If the folder does not exist or holds no .mod file, or two files declare one mechanism.
    """
    return {name: one.file for name, one in declared_mechanisms(folder).items()}


def declared_mechanisms(folder: Path) -> dict[str, Declared]:
    """Read what the .mod files of a folder declare, as `mechanism_files`."""
    if not folder.is_dir():
        why = "is no folder" if folder.exists() else "does not exist"
        raise IonfoError(f"mechanism folder '{folder}' {why}")
    files = sorted(folder.glob("*.mod"))
    if not files:
        within = next((one.parent for one in sorted(folder.glob("*/*.mod"))), None)
        instead = "" if within is None else f"; '{within}' holds some"
        raise IonfoError(f"mechanism folder '{folder}' holds no .mod file{instead}")
    found: dict[str, Declared] = {}
    for file in files:
        one = read_declared(file)
        if one.name in found:
            raise IonfoError(
                f"mechanism files '{found[one.name].file}' and '{file}' both declare "
                f"'{one.name}'; keep one of them"
            )
        found[one.name] = one
    return found


def bundled_folder(inserted: Collection[str]) -> Path:
    """Choose the bundled mechanisms of a cell: ``mechanisms/point`` where that has all of them.

    Channels of point models have a folder of their own, so that those of other cells, whose tables
    name them by their hash, stay what they are.
    """
    own = set(inserted) - BUILT_IN
    return POINT if own and own <= set(mechanism_files(POINT)) else BUNDLED


def check_names(folder: Path) -> None:
    """Check that no mechanism of a folder has the name of one that NEURON has itself.

    Raises
    ------
    IonfoError
        If one has; NEURON would refuse the whole library.
    """
    for name, file in mechanism_files(folder).items():
        if name in BUILT_IN:
            raise IonfoError(
                f"mechanism file '{file}' declares '{name}', which NEURON has built in; remove the "
                "file to take NEURON's, or give it another name there and in the e-model"
            )


def content_hash(folder: Path) -> str:
    """Hash the names and contents of the .mod files of a folder (hexadecimal SHA-256)."""
    digest = hashlib.sha256()
    for file in sorted(mechanism_files(folder).values()):
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def cache_root() -> Path:
    """Folder of compiled libraries: IONFO_CACHE, else the user's cache folder."""
    if chosen := os.environ.get("IONFO_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ionfo"


def library_folder(folder: Path = BUNDLED, flags: tuple[str, ...] = ()) -> Path:
    """Name the folder of the cache in which the compiled .mod files of a folder are or will be."""
    key = hashlib.sha256(
        "\0".join(
            [content_hash(folder), version("neuron"), platform.system(), platform.machine(), *flags]
        ).encode()
    ).hexdigest()[:24]
    return cache_root() / "mechanisms" / key


def build_mechanisms(
    folder: Path = BUNDLED, flags: tuple[str, ...] = (), needed: Collection[str] | None = None
) -> Path:
    """Compile the .mod files of a folder, or find them compiled.

    Parameters
    ----------
    folder : Path
        Folder with .mod files; the bundled ones by default.
    flags : tuple of str
        Further arguments of nrnivmodl.
    needed : collection of str, optional
        Mechanisms that must compile; a file of another one that does not is left out with a
        note.  All by default.

    Returns
    -------
    Path
        The shared library.

    Raises
    ------
    IonfoError
        If a tool is missing, a name is one of NEURON's own, or a file does not compile; the
        message names the file and carries the compiler's own words.
    """
    check_names(folder)
    final = library_folder(folder, flags)
    root, key = final.parent, final.name
    if library := find_library(final):
        return _checked(library, needed)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IonfoError(
            f"the mechanism cache '{root}' cannot be created ({error.strerror}); "
            "set IONFO_CACHE to a folder you may write to"
        ) from None
    with _lock(root / f"{key}.lock"):
        if library := find_library(final):
            return _checked(library, needed)
        with tempfile.TemporaryDirectory(dir=root, prefix=f"{key}.") as scratch:
            work = _compile_needed(folder, Path(scratch), flags, needed)
            try:
                work.rename(final)
            except OSError:
                if not final.is_dir():
                    raise
    library = find_library(final)
    if library is None:
        raise IonfoError(f"nrnivmodl left no {_LIBRARY} in '{final}'; remove that folder and retry")
    return library


def _checked(library: Path, needed: Collection[str] | None) -> Path:
    """Check that no mechanism that is needed was left out of a library."""
    try:
        left_out = json.loads((library.parents[1] / _LEFT_OUT).read_text())
    except (OSError, ValueError):
        return library
    for name, words in left_out.items():
        if needed is None or name in needed:
            raise IonfoError(words)
    return library


def _compile_needed(
    folder: Path, scratch: Path, flags: tuple[str, ...], needed: Collection[str] | None
) -> Path:
    """Compile a folder, leaving out one after the other what does not compile and is not needed."""
    left_out: dict[str, str] = {}
    while True:
        files = {n: file for n, file in mechanism_files(folder).items() if n not in left_out}
        work = scratch / f"build{len(left_out)}"
        try:
            _compile(folder, files, work, flags)
        except _DoesNotCompile as error:
            name = next((name for name, file in files.items() if file == error.file), None)
            if needed is None or name is None or name in needed or len(files) == 1:
                raise
            note(
                f"mechanism file '{error.file}' does not compile and is left out; the e-model does "
                f"not insert '{name}'"
            )
            left_out[name] = str(error)
            continue
        (work / _LEFT_OUT).write_text(json.dumps(left_out))
        return work


def load_mechanisms(library: Path, names: tuple[str, ...] = ()) -> None:
    """Load a compiled library into this process's NEURON, once.

    Parameters
    ----------
    library : Path
        What `build_mechanisms` returned.
    names : tuple of str
        The mechanisms in it, to tell a clash before NEURON ends the process.

    Raises
    ------
    IonfoError
        If another library with the same mechanisms is already loaded, or NEURON refuses it.
    """
    if library in _loaded.values():
        return
    h = _import_neuron(library.parent)
    for name in names:
        if name in _loaded:
            raise IonfoError(
                f"mechanism '{name}' is already loaded from '{_loaded[name]}' and NEURON cannot "
                f"replace it by the one in '{library}'; use one mechanism folder per process"
            )
        if hasattr(h, name):
            raise IonfoError(
                f"NEURON already has a mechanism '{name}' that ionfo did not load; start a fresh "
                "process and leave the loading to ionfo"
            )
    if not h.nrn_load_dll(str(library)):
        raise IonfoError(f"NEURON cannot load '{library}'; remove its folder to have it rebuilt")
    _loaded.update(dict.fromkeys(names or (str(library),), library))


def _import_neuron(folder: Path) -> Any:
    """Import NEURON from a folder without compiled mechanisms below it, and return h.

    At import NEURON loads by itself what is in a folder like x86_64 of the working
    directory, which would clash with ours.
    """
    # without a display NEURON would warn at import
    os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")
    here = os.getcwd()
    os.chdir(folder)
    try:
        from neuron import h
    finally:
        os.chdir(here)
    return h


def find_library(folder: Path) -> Path | None:
    """Find the shared library below a build folder, None when it is not there."""
    return next(iter(sorted(folder.glob(f"*/{_LIBRARY}"))), None)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock that the kernel releases if this process dies."""
    with open(path, "a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:  # no locks on this file system: at worst the work is done twice
            pass
        yield


class _DoesNotCompile(IonfoError):
    """A mechanism file that the compiler refuses."""

    def __init__(self, file: Path, words: str) -> None:
        super().__init__(f"mechanism file '{file}' does not compile; the compiler says:\n{words}")
        self.file = file


def _compile(folder: Path, files: Mapping[str, Path], work: Path, flags: tuple[str, ...]) -> None:
    for tool, debian in (("g++", "g++"), ("make", "make")):
        if shutil.which(tool) is None and not (tool == "g++" and os.environ.get("CXX")):
            raise IonfoError(
                f"'{tool}' is needed to compile the mechanisms and was not found; install it, "
                f"for example with: apt-get install {debian}"
            )
    command = Path(sysconfig.get_path("scripts")) / "nrnivmodl"
    nrnivmodl = str(command) if command.exists() else shutil.which("nrnivmodl")
    if nrnivmodl is None:
        raise IonfoError("'nrnivmodl' was not found; install NEURON with: pip install neuron")
    # the script of a wheel names its interpreter in a first line that breaks on spaces
    is_python = b"python" in Path(nrnivmodl).read_bytes()[:200].splitlines()[0]
    runner = [sys.executable] if is_python else []
    with _without_spaces(work) as (build, packages):
        sources = build / "mod"
        sources.mkdir(parents=True)
        for file in files.values():
            shutil.copy2(file, sources)
        # nrnivmodl starts `python` from PATH: let it be this interpreter
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        environment = {**os.environ, "PATH": path}
        if packages is not None:
            known = [str(packages), os.environ.get("PYTHONPATH", "")]
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, known))
        done = _run([*runner, nrnivmodl, *flags, "mod"], build, environment)
        if build != work:
            shutil.copytree(build, work, symlinks=True)
    if done.returncode != 0 or find_library(work) is None:
        raise _DoesNotCompile(*_diagnose(done.stdout, done.stderr, folder))


def _run(
    command: list[str], build: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run nrnivmodl and show how many of the files are compiled."""
    stems = {file.stem for file in (build / "mod").glob("*.mod")}
    output = []
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        progress("mechanisms compiled", len(stems)) as advance,
        subprocess.Popen(
            command, cwd=build, env=environment, stdout=subprocess.PIPE, stderr=errors,
            text=True, errors="replace",
        ) as running,
    ):  # fmt: skip
        assert running.stdout is not None
        for line in running.stdout:
            output.append(line)
            begun = re.search(r"Compiling\S*\s+(\S+)", line)
            if begun and Path(begun.group(1)).stem in stems:
                advance()
        running.wait()
        errors.seek(0)
        told = errors.read()
    return subprocess.CompletedProcess(command, running.returncode, "".join(output), told)


@contextmanager
def _without_spaces(work: Path) -> Iterator[tuple[Path, Path | None]]:
    """Give a folder to build in and one to find NEURON in, for make cannot read spaces in paths.

    Yields
    ------
    tuple of Path, (Path or None)
        `work` and None where no path has spaces, else links and folders that have none.
    """
    spec = find_spec("neuron")
    if spec is None or spec.origin is None:
        raise IonfoError("NEURON was not found; install it with: pip install neuron")
    packages = Path(spec.origin).parents[1]
    if len(f"{work}{packages}".split()) == 1:
        yield work, None
        return
    with tempfile.TemporaryDirectory(prefix="ionfo-") as folder:
        link = Path(folder) / "packages"
        link.symlink_to(packages)
        yield Path(folder) / "build", link


def _diagnose(output: str, errors: str, folder: Path) -> tuple[Path, str]:
    """Find which .mod file a failed build is about, and the compiler's words on it."""
    files = {file.stem: file for file in mechanism_files(folder).values()}
    failed = re.findall(r"\*\*\* \[[^\]]*?([\w.-]+)\.(?:cpp|c|o)\] Error", errors + output)
    guilty = next((files[stem] for stem in failed if stem in files), folder)
    words = errors.split("Traceback (most recent call last)")[0].splitlines()
    noise = re.compile(r"Translating |Thread Safe|make: |NEURON: ")
    told = [line.rstrip() for line in words if line.strip() and not noise.match(line)]
    return guilty, "\n".join(f"    {line}" for line in told[:20])
