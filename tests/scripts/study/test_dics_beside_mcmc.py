"""Compensated cells share their feedback; cells that MCMC finds need not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def test_both_populations_are_drawn_and_told(run: Callable[..., str], tmp_path: Path) -> None:
    out = tmp_path / "both.png"
    told = run("study/dics_beside_mcmc.py", "--out", out, "--walkers", "20", "--steps", "12")
    rows = {line.rsplit(None, 2)[0].strip(): line.split()[-2:] for line in told.splitlines()[1:-1]}
    made, sampled = (float(one) for one in rows["g_s SD"])
    assert 0.4 < made < 0.7 < sampled
    assert out.stat().st_size > 10_000 and "acceptance of the MCMC" in told
