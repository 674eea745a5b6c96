"""Find a morphology file and check that it holds what a cell needs, before NEURON reads it.

NEURON's importer prints to the terminal or builds a cell without a soma when a file is
damaged; these checks turn both into one sentence.
"""

from __future__ import annotations

import math
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..errors import IonfoError, why_unread
from ..limits import read_text, shortened
from .points import FARTHEST, SWC_TYPES, Point, swc_points

BUNDLED = Path(__file__).resolve().parent

LONGEST = 650_000.0
"""Length of a whole cell (um) that NEURON can cut into segments of 40 um: 32,767 of a section."""

MOST_POINTS = 20_000
"""Of a section; NEURON counts them with 16 bits."""

_REPAIR = ", or have it done with --repair"
_ASC_TYPES = {"cellbody": "soma", "axon": "axon", "dendrite": "dendrite", "apical": "apical"}


def find_morphology(name: str) -> Path:
    """Path of a bundled morphology.

    Parameters
    ----------
    name : str
        File name, without any folder.

    Raises
    ------
    IonfoError
        If no such file is bundled.
    """
    path = BUNDLED / name
    if Path(name).name != name or not path.is_file():
        raise IonfoError(f"no bundled morphology is called '{name}'")
    return path


@contextmanager
def readable_by_neuron(path: Path) -> Iterator[Path]:
    """Give the path of a morphology, or that of a copy: NEURON takes names of ASCII letters alone.

    Parameters
    ----------
    path : Path
        .asc or .swc file.
    """
    if str(path.resolve()).isascii():
        yield path.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="ionfo-") as folder:
        yield Path(shutil.copyfile(path, Path(folder) / f"morphology{path.suffix.lower()}"))


def is_bundled(path: Path) -> bool:
    """Whether a file is one of those that ship with ionfo."""
    return path.resolve().parent == BUNDLED


def check_morphology(path: Path, needs_axon: bool, segment_length: float = 40.0) -> None:
    """Check that a morphology file can be read and has a soma, and an axon where needed.

    Parameters
    ----------
    path : Path
        .asc (Neurolucida) or .swc file.
    needs_axon : bool
        Whether the cell's axon replacement reads diameters from the file's axon.
    segment_length : float
        Into which sections are cut (um).

    Raises
    ------
    IonfoError
        If the file is missing, unreadable, of another kind, or lacks a soma or axon.
    """
    text = morphology_text(path)
    is_asc = path.suffix.lower() == ".asc"
    found, length = _asc_parts(path, text) if is_asc else _swc_parts(path, text)
    most = LONGEST * min(1.0, segment_length / 40.0)
    if length > most:
        raise IonfoError(
            f"morphology '{path}' is {length:.4g} um long, and {most:.4g} um are the most that can "
            f"be cut into segments of {segment_length:g} um; are its coordinates in um?"
        )
    if "soma" not in found:
        raise IonfoError(f"morphology '{path}' has no soma; a cell needs one to inject current")
    if needs_axon and "axon" not in found:
        raise IonfoError(
            f"morphology '{path}' has no axon, and this e-model reads the diameters of its axon "
            "initial segment from the first 60 um of it; "
            '"axon": {"stub": {}} in the definition, in the place of "taper", needs none'
        )


def morphology_text(path: Path) -> str:
    """Read a morphology file.

    Raises
    ------
    IonfoError
        If it is no .asc or .swc file, or cannot be read.
    """
    if path.suffix.lower() == ".h5":
        raise IonfoError(
            f"morphology '{path}' must be an .asc or .swc file, and NEURON reads no .h5; write it "
            "as .asc, for example with MorphIO: morphio.mut.Morphology(file).write('cell.asc')"
        )
    if path.suffix.lower() not in (".asc", ".swc"):
        raise IonfoError(f"morphology '{path}' must be an .asc or .swc file")
    try:
        return read_text(path)
    except FileNotFoundError:
        raise IonfoError(f"morphology '{path}' does not exist") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IonfoError(f"morphology '{path}' cannot be read: {why_unread(error)}") from None


def _swc_parts(path: Path, text: str) -> tuple[set[str], float]:
    """Types of a file's points, and the length of all that connects them (um)."""
    parts = set()
    known: dict[int, Point] = {}
    before = -1
    length = 0.0
    for point in swc_points(path, text):
        where, index, parent = f"morphology '{path}', line {point.line}", point.index, point.parent
        if point.diameter == 0:
            raise IonfoError(f"{where}: the radius must be positive{_REPAIR}")
        if point.kind not in SWC_TYPES:  # NEURON's importer ends the process
            raise IonfoError(
                f"{where}: the type must be 1 (soma), 2 (axon), 3 (dendrite) or 4 (apical), got "
                f"{shortened(point.kind)}; write the one that it is, or say it with --repair-type, "
                f"for example {shortened(point.kind)}=basal"
            )
        if index in known:
            raise IonfoError(f"{where}: point {index} stands twice; number them anew")
        if parent != -1 and parent not in known:
            raise IonfoError(
                f"{where}: parent {shortened(parent)} does not come before it; put every parent "
                f"above its children{_REPAIR}"
            )
        if index < before:  # NEURON ends the process
            raise IonfoError(
                f"{where}: point {index} comes after point {before}, and NEURON reads points in "
                f"the order of their numbers; number them anew{_REPAIR}"
            )
        if parent != -1:
            length += math.dist(point.place, known[parent].place)
        known[index] = point
        before = index
        parts.add(SWC_TYPES[point.kind])
    parents = {index: point.parent for index, point in known.items()}
    if (n_points := _longest_run(parents)) > MOST_POINTS:
        raise IonfoError(
            f"morphology '{path}' has an unbranched piece of {n_points} points, and {MOST_POINTS} "
            "are the most of a section; leave out points that lie on a line"
        )
    return parts, length


def _longest_run(parents: dict[int, int]) -> int:
    """Points of the longest piece without a branch; parents come before their children."""
    n_children = Counter(parents.values())
    run: dict[int, int] = {}
    for index, parent in parents.items():
        run[index] = run[parent] + 1 if parent in run and n_children[parent] == 1 else 1
    return max(run.values(), default=0)


def _asc_parts(path: Path, text: str) -> tuple[set[str], float]:
    """Types of a file's blocks, and the largest distance between its points (um)."""
    bare = re.sub(r';.*|"[^"]*"', "", text)
    if bare.count("(") != bare.count(")"):
        raise IonfoError(
            f"morphology '{path}' is damaged: {bare.count('(')} opening and "
            f"{bare.count(')')} closing parentheses"
        )
    parts = set()
    corners: list[list[float]] = []
    for block in _top_level(bare):
        words = re.findall(r"\(\s*(CellBody|Axon|Dendrite|Apical)\s*\)", block, re.IGNORECASE)
        if not words:
            continue
        n_points = 0
        for group in re.findall(r"\(([^()]*)\)", block):
            values = group.split()
            # fewer values are no point, for example a colour (255, 0, 0)
            if len(values) >= 4 and re.match(r"[-+.\d]", values[0]):
                try:
                    point = [float(v) for v in values[:4]]
                except ValueError:
                    point = [math.nan]
                good = all(map(math.isfinite, point)) and max(map(abs, point)) <= FARTHEST
                if not good:
                    raise IonfoError(
                        f"morphology '{path}' is damaged: expected a point (x y z diameter), got "
                        f"'({group.strip()[:60]})'"
                    )
                if point[3] < 0:
                    raise IonfoError(
                        f"morphology '{path}' is damaged: the diameter of point "
                        f"'({group.strip()[:60]})' is negative"
                    )
                corners.append(point[:3])
                n_points += 1
        part = _ASC_TYPES[words[0].lower()]
        if (
            part == "soma"
            and n_points >= 2
            and np.ptp(np.array(corners[-n_points:]), axis=0).max(initial=0.0) == 0
        ):
            raise IonfoError(f"morphology '{path}' is damaged: its soma is a single point")
        if n_points < 2:
            way = "; --repair draws a circle for it" if (part, n_points) == ("soma", 1) else ""
            raise IonfoError(
                f"morphology '{path}' is damaged: its {part} has {n_points} points{way}"
            )
        parts.add(part)
    extent = np.ptp(np.array(corners or [[0.0, 0.0, 0.0]]), axis=0)
    return parts, float(np.linalg.norm(extent))


def _top_level(text: str) -> list[str]:
    """Outermost parenthesised blocks of a text with balanced parentheses."""
    blocks = []
    depth = start = 0
    for match in re.finditer(r"[()]", text):
        if match.group() == "(":
            if depth == 0:
                start = match.start()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                blocks.append(text[start : match.end()])
    return blocks
