"""How findings tell, draw and write themselves, and how a notebook shows them."""

from __future__ import annotations

import base64
import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import ClassVar

from matplotlib.axes import Axes

from ..analysis.figures.style import Figure
from ..tables.files import whole_folder


class Shown(ABC):
    """Findings that tell, draw and write themselves.

    Attributes
    ----------
    last : str
        File that a folder of results has once all others are there.
    alt : str
        What the figure shows, in words.
    """

    last: ClassVar[str]
    alt: ClassVar[str]

    @property
    @abstractmethod
    def title(self) -> str:
        """What the findings are of."""

    @abstractmethod
    def sentences(self) -> list[str]:
        """Say what was found, a line each."""

    @abstractmethod
    def figure(self) -> Figure:
        """Draw what was found."""

    @abstractmethod
    def _fill(self, folder: Path) -> None:
        """Write every file into a folder that appears as a whole."""

    def plot(self) -> Axes:
        """Draw what was found.

        Returns
        -------
        Axes
            The first panel; its figure is ``axes.figure``.
        """
        return self.figure().axes[0]

    def write(self, folder: str | Path) -> Path:
        """Write tables and figures; they appear all together.

        Parameters
        ----------
        folder : str or Path
            Made if need be.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        IonfoError
            If it cannot be written.
        """
        out = Path(folder)
        with whole_folder(out, self.last) as beside:
            self._fill(beside)
        return out

    def _repr_html_(self) -> str:
        """Show the sentences and the figure in a notebook."""
        return html(self.title, self.sentences(), self.figure(), self.alt)


def html(title: str, sentences: Sequence[str], figure: Figure, alt: str) -> str:
    """Make the HTML of findings.

    Parameters
    ----------
    title : str
        What they are of.
    sentences : sequence of str
        A line each.
    figure : Figure
        Goes into the text as a picture.
    alt : str
        What it shows, in words.

    Returns
    -------
    str
        A paragraph, a list and a picture.
    """
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=80)
    told = "".join(f"<li>{escape(one)}</li>" for one in sentences)
    data = base64.b64encode(picture.getvalue()).decode()
    return (
        f"<p><b>{escape(title)}</b></p><ul>{told}</ul>"
        f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'
    )
