"""Figures as files: a picture, the same to edit, and the caption beside."""

from __future__ import annotations

from pathlib import Path

from ..analysis.figures.style import Figure
from ..tables.files import write_text

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


def write_caption(file: Path, figure: Figure) -> None:
    """Write what a figure shows beside its file as NAME.caption.txt, where that is known."""
    if figure.caption:
        write_text(file.with_suffix(CAPTION), figure.caption + "\n")
