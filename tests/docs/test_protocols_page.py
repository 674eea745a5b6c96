"""The page of protocols: its examples are a definition, and its tables name every key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

from ionfo.emodels import load_emodel, parse_emodel
from ionfo.emodels.currents import AnyCurrent
from ionfo.emodels.protocol_kinds import CurrentClamp, Protocol, Synapse
from ionfo.emodels.sites import Location

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/protocols.md").read_text()


def test_examples_are_a_definition() -> None:
    protocols, more = (json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.S))
    content = load_emodel("l5pc").model_dump(mode="json")
    content["protocols"] += protocols
    content["features"] += more["features"]
    content["efel"] |= more["efel"]
    emodel = parse_emodel(json.dumps(content), "page")
    train, ramp = emodel.targets[-2:]
    assert train.settings is not None and ramp.settings is not None
    assert (train.settings.Threshold, ramp.settings.Threshold) == (-30.0, -20.0)
    # the train of the page is as long as its window says
    one = emodel.protocols[-4]
    assert isinstance(one, CurrentClamp)
    assert one.currents[0].waveform()[0][-1] == 877.5


def test_every_key_is_named() -> None:
    named = set(re.findall(r"`([\w]+)`", PAGE))
    kinds = get_args(get_args(Protocol)[0])
    shapes = get_args(get_args(AnyCurrent)[0])
    assert len(kinds) == 7 and len(shapes) == 12
    for model in (*kinds, *shapes, Synapse, Location):
        for name, field in model.model_fields.items():
            assert name in named, (model.__name__, name)
            if name in ("kind", "shape"):
                assert set(get_args(field.annotation)) <= named
