"""What a run says of itself when it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ionfo.emodels import EModel
from ionfo.sampling import RunStore
from ionfo.sampling.chains import sample as sampling
from ionfo.sampling.evaluation.stop import StopRun
from ionfo.sampling.runs.session import Session


@pytest.mark.parametrize(("sampler", "words"), [("chain", "0 steps"), ("importance", "70 draws")])
def test_a_stopped_run_tells_what_it_has_done(
    emodel: EModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    sampler: Any,
    words: str,
) -> None:
    state = {"ensembles": [], "segments": [], "draws": [{"rows": 62}, {"rows": 8}]}
    monkeypatch.setattr(RunStore, "state", state)

    def stopped(*asked: Any) -> None:
        session = asked[-1]
        assert isinstance(session, Session)
        session.stopped(StopRun(15))

    monkeypatch.setattr(sampling, "run_sampler", stopped)
    sampling.sample(emodel, tmp_path / "run", steps=1, sampler=sampler)
    assert f"stopped by SIGTERM after {words}, all stored" in caplog.text
