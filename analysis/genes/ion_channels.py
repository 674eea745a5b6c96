"""Ion-channel genes: their families, and the conductances that they carry.

Both tables are data files beside this module, ``ion_channels.json`` and ``channel_genes.json``,
with their sources and dates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Species = Literal["mouse", "human"]

_CONDUCTANCE = re.compile(r"g\w*bar_(?P<mechanism>\w+?)(\.(?P<region>\w+))?$")


@dataclass(frozen=True)
class IonChannelFamily:
    """Genes of one family of channel subunits.

    Attributes
    ----------
    family, title : str
        Prefix of the symbols, and what the family is.
    mouse, human : tuple of str
        Approved symbols.
    """

    family: str
    title: str
    mouse: tuple[str, ...]
    human: tuple[str, ...]


@dataclass(frozen=True)
class ChannelGenes:
    """The genes to look at beside one conductance of an e-model.

    Attributes
    ----------
    parameter : str
        Name of the conductance, for example ``gIhbar_Ih.somadend``.
    channel, title : str
        Short and long name of the current.
    genes : tuple of str
        Mouse symbols, or human ones where that was asked for.
    source : str
        Who says so.
    """

    parameter: str
    channel: str
    title: str
    genes: tuple[str, ...]
    source: str


def ion_channel_families() -> list[IonChannelFamily]:
    """List the families of ion-channel genes with mouse and human symbols.

    Examples
    --------
    >>> ion_channel_families()[2].mouse[:3]
    ('Kcna1', 'Kcna2', 'Kcna3')
    """
    return [
        IonChannelFamily(one["family"], one["title"], tuple(one["mouse"]), tuple(one["human"]))
        for one in _content("ion_channels.json")["families"]
    ]


def ion_channel_source() -> str:
    """Say where the symbols come from, and when they were compiled."""
    content = _content("ion_channels.json")
    return f"{content['source']}; compiled {content['compiled']}"


def ion_channel_genes(names: Iterable[str]) -> dict[str, str]:
    """Find the ion-channel genes among names, mouse or human, former symbols included.

    Parameters
    ----------
    names : iterable of str
        Gene symbols; case matters, as it tells mouse from human.

    Returns
    -------
    dict of str to str
        Name -> family, in the order of `names`.

    Examples
    --------
    >>> ion_channel_genes(["Gad1", "Scn2a1", "HCN1", "Kcnq1ot1"])
    {'Scn2a1': 'Scn', 'HCN1': 'Hcn'}
    """
    known = {
        symbol: one.family for one in ion_channel_families() for symbol in (*one.mouse, *one.human)
    }
    return {name: known[symbol] for name in names if (symbol := approved_symbol(name)) in known}


def approved_symbol(name: str) -> str:
    """Approved symbol of an ion-channel gene that is known by a former one; others unchanged.

    Examples
    --------
    >>> approved_symbol("Scn2a1")
    'Scn2a'
    """
    symbol: str = _content("ion_channels.json")["aliases"].get(name, name)
    return symbol


def genes_of_conductances(
    parameters: Sequence[str], species: Species = "mouse"
) -> list[ChannelGenes]:
    """Join the conductances of an e-model to the genes of their channels.

    Parameters
    ----------
    parameters : sequence of str
        Names as published, ``g...bar_MECHANISM.region``; a maximal conductance is what the
        table knows, other parameters are passed over.
    species : str
        ``mouse`` or ``human``.

    Returns
    -------
    list of ChannelGenes
        One per conductance with known genes, in the order of `parameters`.

    Examples
    --------
    >>> one = genes_of_conductances(["gSKv3_1bar_SKv3_1.somatic", "vshifth_NaTg.somatic"])[0]
    >>> one.channel, one.genes
    ('Kv3.1', ('Kcnc1',))
    """
    joined = []
    for parameter in parameters:
        match = _CONDUCTANCE.match(parameter)
        if match is None:
            continue
        for row in _content("channel_genes.json")["channels"]:
            in_region = not row["regions"] or match["region"] in row["regions"]
            if match["mechanism"] in row["mechanisms"] and in_region:
                genes = row["genes"]
                if species == "human":
                    genes = [gene.upper() for gene in genes]
                joined.append(
                    ChannelGenes(
                        parameter, row["channel"], row["title"], tuple(genes), row["source"]
                    )
                )
                break
    return joined


@cache
def _content(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content
