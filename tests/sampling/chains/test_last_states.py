"""A run starts where another one stands, ensemble by ensemble."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo.emodels import EModel, parse_emodel
from ionfo.errors import IonfoError
from ionfo.sampling import (
    RunStore,
    SampleSettings,
    collect,
    read_models,
    read_standing,
    run_sampler,
    standing_of,
)
from ionfo.tables.files import write_table

pytestmark = pytest.mark.usefixtures("analytic_workers")

SETTINGS = SampleSettings(steps=3, walkers=16, ensembles=3, start_evaluations=0, temperature=1.0)


def begun_at(folder: Path, emodel: EModel, ensemble: int) -> Any:
    states = RunStore(folder).states()[0]
    first = states[(states["step"] == -1) & (states["ensemble"] == ensemble)]
    return first[[f"parameters/{name}" for name in emodel.free_names]].to_numpy()


@pytest.mark.neuron
def test_ensembles_start_where_their_own_stands(emodel: EModel, tmp_path: Path) -> None:
    run_sampler(emodel, tmp_path / "first", SETTINGS)
    models = read_standing(tmp_path / "first", emodel, 2)
    assert models.shape == (2, 16, 3)
    states = RunStore(tmp_path / "first").states()[0]
    last = states[states["ensemble"] == 1].groupby("walker").tail(1)
    names = [f"parameters/{name}" for name in emodel.free_names]
    np.testing.assert_array_equal(models[1], last.sort_values("walker")[names])

    hot = SampleSettings(steps=1, walkers=16, ensembles=2, temperature=5.0, seed=1)
    run_sampler(emodel, tmp_path / "second", hot, start_models=models)
    for ensemble in range(2):
        found = begun_at(tmp_path / "second", emodel, ensemble)
        np.testing.assert_array_equal(found, models[ensemble])

    # the first run goes on, and the second still resumes with the same command
    more = SampleSettings(**{**SETTINGS.__dict__, "steps": 5})
    run_sampler(emodel, tmp_path / "first", more)
    moved = read_standing(tmp_path / "first", emodel, 2)
    assert (moved != models).any()
    longer = SampleSettings(**{**hot.__dict__, "steps": 2})
    run_sampler(emodel, tmp_path / "second", longer, start_models=moved)
    assert RunStore(tmp_path / "second").n_steps == 2
    with pytest.raises(IonfoError, match="was made with start"):
        run_sampler(emodel, tmp_path / "second", longer, start_models=moved[0])


@pytest.mark.neuron
def test_runs_that_cannot_start_another_say_so(emodel: EModel, tmp_path: Path) -> None:
    run_sampler(emodel, tmp_path / "first", SETTINGS)
    with pytest.raises(IonfoError, match="has 3 ensembles whose chains have begun, and 4 are"):
        read_standing(tmp_path / "first", emodel, 4)
    content = json.loads(emodel.to_json().replace("g2.somatic", "g3.somatic"))
    with pytest.raises(IonfoError, match=r"does not sample parameter 'g3.somatic'"):
        read_standing(tmp_path / "first", parse_emodel(json.dumps(content), "test"), 2)
    with pytest.raises(IonfoError, match="is no run folder"):
        read_standing(tmp_path, emodel, 2)


@pytest.mark.neuron
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_population_stands_where_its_run_does(
    emodel: EModel, tmp_path: Path, suffix: str
) -> None:
    run_sampler(emodel, tmp_path / "run", SETTINGS)
    population = collect(RunStore(tmp_path / "run")).population
    file = tmp_path / f"population.{suffix}"
    write_table(file, population.frame.sample(frac=1.0, random_state=1), population.metadata)
    models = read_models(file, emodel)
    np.testing.assert_allclose(
        standing_of(models, 3), read_standing(tmp_path / "run", emodel, 3), rtol=1e-15
    )
    # with too few ensembles each draws from all rows
    assert standing_of(models, 4) is models.theta

    # a walker of one ensemble has no row in a population of some costs
    frame = population.frame
    gone = (frame["ensemble"] == 1) & (frame["walker"] == 4)
    write_table(file, frame[~gone], population.metadata)
    assert standing_of(read_models(file, emodel), 2).shape == (2, 15, 3)


def test_models_that_no_chain_made_are_all_taken(emodel: EModel, tmp_path: Path) -> None:
    file = tmp_path / "models.csv"
    names = [f"parameters/{one}" for one in emodel.free_names]
    for more in ("", ",ensemble,walker", ",ensemble,walker,step"):  # the last has empty cells
        empty = "," * more.count(",")
        file.write_text(
            ",".join(names) + more + "\n" + "1,2,3" + empty + "\n" + "2,3,4" + empty + "\n"
        )
        models = read_models(file, emodel)
        np.testing.assert_array_equal(standing_of(models, 1), [[1, 2, 3], [2, 3, 4]])
