"""Figures and tables as files: a picture, the same to edit, the caption beside; CSV and Parquet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..analysis.figures.style import Figure
from ..tables.files import write_table, write_text

CAPTION = ".caption.txt"
SUFFIXES = ("png", "svg", CAPTION[1:])
"""Of a figure's files: picture, the same to edit, caption."""


def save_figure(stem: Path, figure: Figure, dpi: int = 130) -> None:
    """Save a figure as PNG and SVG, and its caption as text.

    Parameters
    ----------
    stem : Path
        Name of the files but for their ends.
    figure : Figure
        Its layout is found once, for both.
    dpi : int
        Of the PNG.
    """
    figure.fix_layout()
    figure.savefig(stem.with_suffix(".png"), dpi=dpi)
    figure.savefig(stem.with_suffix(".svg"))
    write_caption(stem, figure)


def save_table(stem: Path, frame: pd.DataFrame) -> None:
    """Save a table as CSV and Parquet; `stem` is the name of both but for their ends."""
    for suffix in (".csv", ".parquet"):
        write_table(stem.with_name(stem.name + suffix), frame)


def write_caption(file: Path, figure: Figure) -> None:
    """Write what a figure shows beside its file as NAME.caption.txt, where that is known."""
    if figure.caption:
        write_text(file.with_suffix(CAPTION), figure.caption + "\n")
