"""The tables of ion-channel genes are whole, and join the conductances of the e-models."""

from __future__ import annotations

from collections import Counter

from ionfo.analysis.genes.ion_channels import (
    genes_of_conductances,
    ion_channel_families,
    ion_channel_genes,
    ion_channel_source,
)
from ionfo.emodels import load_emodel

ASKED_FOR = ("Scn", "Kcn", "Hcn", "Cacna1", "Cacnb", "Cacng", "Cacna2d", "Clcn")


def test_every_symbol_comes_once_and_looks_like_its_species() -> None:
    families = ion_channel_families()
    mouse = Counter(symbol for one in families for symbol in one.mouse)
    human = Counter(symbol for one in families for symbol in one.human)
    assert max(mouse.values()) == max(human.values()) == 1
    assert all(symbol == symbol.capitalize() for symbol in mouse)
    assert all(symbol == symbol.upper() for symbol in human)
    for prefix in ASKED_FOR:
        assert any(one.family.startswith(prefix) for one in families)
    assert "2026" in ion_channel_source() and "Mouse Genome" in ion_channel_source()


def test_former_symbols_are_known_and_non_coding_genes_are_not() -> None:
    names = ["Kcnd3os", "Kcnmb4os1", "Kcnrg", "Scn2a1", "Kcne1l", "kcna1", "Scnm1"]
    assert ion_channel_genes(names) == {"Scn2a1": "Scn", "Kcne1l": "Kcne"}


def test_conductances_of_the_l5pc_find_their_genes() -> None:
    names = [one.name for one in load_emodel("l5pc").parameters]
    joined = {one.parameter: one for one in genes_of_conductances(names)}
    conductances = [name for name in names if "bar_" in name]
    assert set(joined) == set(conductances)
    assert joined["gNaTgbar_NaTg.axonal"].genes == ("Scn8a",)
    assert joined["gNaTgbar_NaTg.somatic"].genes == ("Scn2a", "Scn8a")
    assert joined["gK_Pstbar_K_Pst.axonal"].genes == ("Kcna1", "Kcna2", "Kcna3", "Kcna6")
    assert all(one.source for one in joined.values())
    known = ion_channel_genes(gene for one in joined.values() for gene in one.genes)
    assert {gene for one in joined.values() for gene in one.genes} == set(known)


def test_names_of_published_models_are_read_too() -> None:
    names = ["gbar_Kv3_1.somatic", "gbar_Ih.apical", "g_pas.all", "gbar_Kv3_1"]
    assert [one.channel for one in genes_of_conductances(names)] == ["Kv3.1", "Ih", "Kv3.1"]
    assert genes_of_conductances(["gbar_Ih.somatic"], "human")[0].genes == (
        "HCN1", "HCN2", "HCN3",
    )  # fmt: skip
