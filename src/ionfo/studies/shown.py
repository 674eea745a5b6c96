"""How findings show themselves in a notebook: sentences, and a figure under them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

from ..analysis.figures.style import Figure


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
