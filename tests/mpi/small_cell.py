"""The e-model soma with four free parameters: few walkers, so that a run takes seconds."""

from __future__ import annotations

import json
from pathlib import Path

from ionfo.emodels import load_emodel, parse_emodel

FREE = ("g_pas.somatic", "gIhbar_Ih.somatic", "gNaTgbar_NaTg.somatic", "gK_Tstbar_K_Tst.somatic")
AT_REST = ("SearchHoldingCurrent", "RinProtocol", "RMPProtocol")


def small_cell(file: Path, protocols: tuple[str, ...] = ()) -> Path:
    """Write the e-model with these protocols, or all; what is not free is that of the reference."""
    soma = load_emodel("soma")
    assert soma.reference is not None
    content = json.loads(soma.to_json())
    for one in content["parameters"]:
        if one["name"] in set(soma.reference) - set(FREE):
            one["value"] = soma.reference[one["name"]]
            del one["bounds"]
    content["reference"] = {name: soma.reference[name] for name in FREE}
    if protocols:
        content["protocols"] = [one for one in content["protocols"] if one["name"] in protocols]
        content["features"] = [
            one for one in content["features"] if one["name"].startswith(protocols)
        ]
    file.write_text(parse_emodel(json.dumps(content), "small").to_json())
    return file
