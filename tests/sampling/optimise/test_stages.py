"""Stages and targets: what they mean, and the sentence each mistake gets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ionfo.emodels import load_emodel
from ionfo.errors import IonfoError
from ionfo.sampling.optimise import default_stages, read_targets, with_targets
from ionfo.sampling.optimise.stages import (
    Stage,
    parse_stages,
    read_stages,
    resolve,
    stage_bounds,
    start_values,
)

SOMA = load_emodel("soma")


def test_default_stages_of_every_emodel() -> None:
    for name in ("soma", "cac", "l5pc"):
        emodel = load_emodel(name)
        plans = resolve(default_stages(emodel), emodel, 200, 4)
        assert [plan.generations for plan in plans][-1] == 200
        assert plans[-1].n_seeds == 4 and len(plans[-1].objectives) == len(emodel.features)
        for plan in plans[:-1]:
            assert plan.generations == 50 and plan.n_seeds == 1
            assert 0 < len(plan.free) < len(emodel.free_names)
            kinds = {one.name: one.kind for one in emodel.protocols}
            assert not {kinds[one] for one in plan.protocols} & {"step", "threshold_search"}
            assert set(plan.free) < set(plans[-1].free)


def test_bounds_follow_the_previous_best_within_the_definition() -> None:
    stages = (
        Stage(name="a", free=("g_pas.*", "gIhbar*")),
        Stage(name="b", fixed={"gNaTgbar_NaTg.somatic": 0.2}, free=("g_pas*", "gIh*", "gK_Pst*")),
    )
    first, second = resolve(stages, SOMA, 8, 2)
    assert (first.generations, second.generations) == (2, 8)
    assert (start_values(SOMA, first, None) == SOMA.bounds[:, 0]).all()
    best = SOMA.bounds[:, 0].copy()
    best[0], best[1] = 5e-4, 0.0  # one near its upper bound, one at zero
    bounds = stage_bounds(SOMA, second, best, {0, 1})
    assert np.allclose(bounds[0], [2.5e-4, 6e-4])
    assert (bounds[1] == SOMA.bounds[1]).all()  # nothing lies within 50 % of zero
    assert (bounds[2] == SOMA.bounds[3]).all()  # was not free before
    theta = start_values(SOMA, second, best)
    assert theta[2] == 0.2 and theta[0] == 5e-4


def test_protocols_of_a_stage_come_with_what_they_need() -> None:
    (plan,) = resolve((Stage(name="a", features=("RinProtocol.*",)),), SOMA, 1, 1)
    assert plan.protocols == ("SearchHoldingCurrent", "RinProtocol")
    assert [SOMA.feature_names[i] for i in plan.objectives] == [
        "RinProtocol.soma.v.ohmic_input_resistance_vb_ssse"
    ]


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ({"free": []}, "stage 'a' frees nothing; name parameters"),
        ({"free": ["g_paz.*"]}, "frees 'g_paz.*', and 'soma' has no such free parameter; did you"),
        ({"features": ["Step_900.*"]}, "scores 'Step_900.*', and 'soma' has no such feature"),
        ({"protocols": ["Ramp"]}, "runs 'Ramp', and 'soma' has no such protocol"),
        ({"protocols": ["RMP*"], "features": ["Rin*"]}, "stage 'a' scores nothing"),
        ({"fixed": {"g": 1.0}}, "fixes 'g', which is no free parameter"),
        ({"fixed": {"g_pas.somatic": 1e-4}}, "both frees and fixes 'g_pas.somatic'"),
    ],
)
def test_unfit_stages(stage: dict[str, object], words: str) -> None:
    with pytest.raises(IonfoError, match=words.replace("*", r"\*").replace(".", r"\.")):
        resolve(parse_stages(json.dumps([{"name": "a", **stage}]), "s"), SOMA, 1, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "must hold at least one stage"),
        ('[{"name": "a"}, {"name": "a"}]', "hold stage 'a' twice"),
        ('[{"name": "a", "genrations": 3}]', "not valid at 0.genrations"),
        ('[{"name": "a/b"}]', "not valid at 0.name"),
        ('[{"name": "a", "generations": 0}]', "not valid at 0.generations"),
        ("nonsense", "not valid"),
    ],
)
def test_unfit_stage_files(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(IonfoError, match=words):
        read_stages(tmp_path / "s.json")


def test_targets_replace_and_leave_out(tmp_path: Path) -> None:
    one, two = SOMA.feature_names[:2]
    (tmp_path / "t.json").write_text(json.dumps({one: {"mean": 1.0, "std": 2.0}, two: None}))
    emodel = with_targets(SOMA, read_targets(tmp_path / "t.json"))
    assert (emodel.features[0].mean, emodel.features[0].std) == (1.0, 2.0)
    assert len(emodel.features) == len(SOMA.features) - 1 and two not in emodel.feature_names
    (tmp_path / "t.csv").write_text(f"feature,mean,std\n{one},1.0,2.0\n{two},,\n")
    again = with_targets(SOMA, read_targets(tmp_path / "t.csv"))
    assert again.content_hash == emodel.content_hash


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"Step_140.soma.v.mean_frequenzy": {"mean": 1, "std": 1}}, "has no feature .* did you"),
        ({SOMA.feature_names[0]: {"mean": 1}}, "needs a number 'std', got None"),
        ({SOMA.feature_names[0]: {"mean": 1, "std": 0}}, "must be positive"),
        ({SOMA.feature_names[0]: {"mean": True, "std": 1}}, "needs a number 'mean'"),
        (dict.fromkeys(SOMA.feature_names), "leaves no feature"),
        ([1], "must be an object"),
    ],
)
def test_unfit_targets(tmp_path: Path, content: object, words: str) -> None:
    (tmp_path / "t.json").write_text(json.dumps(content))
    with pytest.raises(IonfoError, match=words):
        with_targets(SOMA, read_targets(tmp_path / "t.json"))
