"""How good the chains of a population are: one account, for everyone who tells it.

Collecting, `status`, the analysis and the page all count proposals and judge by the same limits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...analysis.uncertainty.convergence import GOOD_R_HAT, HIGHEST_R_HAT, LONG_CHAIN
from ...analysis.uncertainty.effective import Sample
from ...analysis.uncertainty.stationarity import Stationarity, Verdict
from ...tables.book import book_of
from ...tables.exchange.inference_data import chain_rows
from .agreement import (
    FEWEST_PROPOSALS,
    compare_ensembles,
    r_hat_of_chains,
    r_hat_with_gaps,
    values_of,
)

_LITTLE_OVERLAP = 0.5
_NOTHING = pd.DataFrame({"parameter": [], "tau": [], "ess": [], "r_hat": []})


@dataclass(frozen=True)
class Quality:
    """How good a sample is.  Times are in proposals of a walker.

    Attributes
    ----------
    n_models : int
        Rows.
    n_walkers, n_ensembles, n_steps : int
        Walkers, their ensembles, and proposals of each walker in unbroken chains; 0 where the rows
        are none.
    acceptance : float or None
        Share of proposals that were accepted.
    n_unmoved : int
        Walkers that never moved.
    parameters : DataFrame
        One row a parameter that varies: ``parameter``, ``tau``, ``ess`` (NaN of broken chains) and
        ``r_hat`` (NaN where it cannot be assessed); empty where the rows are no chains.
    ess_between : tuple of float or None
        Effective size by the distance of the ensembles, and its 95 % interval.
    verdict : str
        Of the test for drift: ``settled``, ``drifts at first``, ``still settling`` or ``not
        tested``.
    settled_from : float or None
        Proposals to drop from the start of these rows so that no drift is seen.
    moving : dict of str to float
        Parameters that drift, and how far their means move from the first third to the last, in
        SDs.
    r_hat_beside : dict of str to float
        R-hat of the cost and of the first principal components of the parameters, where assessed.
    regions : list of list of int
        Ensembles by the region in which they sit (`analysis.uncertainty.regions`); one list where
        all overlap, none where it is not known.
    overlap : float or None
        Smallest overlap of two ensembles: 0 apart, 1 alike.
    """

    n_models: int
    n_walkers: int
    n_steps: int
    acceptance: float | None
    parameters: pd.DataFrame
    n_ensembles: int = 0
    n_unmoved: int = 0
    ess_between: tuple[float, float, float] | None = None
    verdict: Verdict = "not tested"
    settled_from: float | None = None
    moving: Mapping[str, float] | None = None
    r_hat_beside: Mapping[str, float] | None = None
    regions: Sequence[Sequence[int]] = ()
    overlap: float | None = None

    @property
    def is_chain(self) -> bool:
        """Whether anything is known of chains."""
        return len(self.parameters) > 0

    @property
    def tau(self) -> float:
        """Longest autocorrelation time, proposals; NaN where none is known."""
        return _largest(self.parameters["tau"])

    @property
    def ess(self) -> float:
        """Smallest effective size, by time and by ensembles; NaN where none is known."""
        by_time = self.parameters["ess"].to_numpy(np.float64)
        known = [float(one) for one in by_time if math.isfinite(one)]
        if self.ess_between is not None:
            known.append(self.ess_between[0])
        return min(known, default=math.nan)

    @property
    def r_hat(self) -> float:
        """Largest R-hat of a parameter; NaN where none is assessed."""
        return _largest(self.parameters["r_hat"])

    @property
    def agree(self) -> bool:
        """Whether ensembles agree: in every parameter, cost and component, and in one region."""
        beside = (self.r_hat_beside or {}).values()
        return (
            self.r_hat <= HIGHEST_R_HAT
            and all(one <= HIGHEST_R_HAT for one in beside)
            and len(self.regions) <= 1
        )

    @property
    def n_tau(self) -> float:
        """Autocorrelation times that the walkers span; NaN where it is not known."""
        return self.n_steps / self.tau if self.n_steps else math.nan

    def cautions(self) -> list[str]:
        """Say what stands against believing the sample, the gravest first; a sentence each."""
        found: list[str] = []
        if not self.is_chain:
            return found
        if self.verdict == "still settling":
            found.append(
                f"The chains are still settling: {self._moving_told()} move from the first third "
                "of the chains to the last. What follows describes a transient, no distribution; "
                "sample longer."
            )
        elif self.verdict == "drifts at first" and self.settled_from:
            found.append(
                f"The chains drift at first{self._named()}; from proposal "
                f"{self.settled_from:.0f} on no drift is seen. Collect them without --burn-in."
            )
        elif self.verdict == "not tested":
            found.append("Drift is not tested: it takes eight walkers and six proposals of each.")
        if self.n_unmoved:
            found.append(f"{self.n_unmoved} walkers never moved; sample longer.")
        if self.n_steps and not self.n_tau >= LONG_CHAIN:
            found.append(
                f"Walkers span {self.n_tau:.1f} autocorrelation times of {self.tau:.0f} proposals, "
                f"less than {LONG_CHAIN:.0f}: effective sizes by time are the most that the sample "
                "can be worth."
            )
        if not self.n_steps:
            found.append(
                "Chains have gaps, as after a bound on the cost, so that no autocorrelation time "
                "is known."
            )
        if math.isnan(self.r_hat):
            found.append(
                "R-hat is not assessed: it needs two ensembles from different starts, and four "
                "steps."
            )
        elif self.r_hat > HIGHEST_R_HAT:
            found.append(f"The largest R-hat is {self.r_hat:.2f}: the ensembles do not agree.")
        for name, r_hat in (self.r_hat_beside or {}).items():
            if r_hat > HIGHEST_R_HAT >= self.r_hat:
                found.append(
                    f"The R-hat of {name} is {r_hat:.2f}: the ensembles do not agree in it."
                )
        if len(self.regions) > 1:
            found.append(self._regions_told())
        elif self.overlap is not None and self.overlap < _LITTLE_OVERLAP:
            found.append(
                f"Two ensembles overlap by {self.overlap:.2f} only (1: nothing tells them apart, "
                "0: a linear rule always does): they still lie about where they began."
            )
        return found

    @property
    def agreement(self) -> str:
        """Say of R-hat what it says; empty where it is not assessed."""
        if math.isnan(self.r_hat):
            return ""
        if self.r_hat <= GOOD_R_HAT:
            return "the ensembles agree"
        if self.r_hat <= HIGHEST_R_HAT:
            return f"the ensembles nearly agree ({GOOD_R_HAT} is wanted)"
        return "the ensembles do not agree yet"

    @property
    def why_not_judged(self) -> str:
        """Say why nothing is known of chains; empty where something is."""
        if self.is_chain:
            return ""
        if not self.n_walkers:
            return "the rows form no chains"
        if 0 < self.n_steps < FEWEST_PROPOSALS:
            return (
                f"walkers of {self.n_steps} proposals are too short to be judged (at least "
                f"{FEWEST_PROPOSALS})"
            )
        return "no parameter varies"

    def told(self) -> str:
        """Say it in one line."""
        told: list[str] = [self.verdict if self.is_chain else self.why_not_judged]
        if self.acceptance is not None and self.n_walkers:
            told.append(f"acceptance {self.acceptance:.3f} of proposals")
        if math.isfinite(self.ess):
            of = "" if self.n_tau >= LONG_CHAIN else "at most "
            told.append(f"smallest effective size {of}{self.ess:.0f}")
        if math.isfinite(self.tau):
            told.append(f"longest autocorrelation time {self.tau:.1f} proposals")
        if not math.isnan(self.r_hat):
            told.append(f"largest R-hat {self.r_hat:.3f}: {self.agreement}")
        return "; ".join(told)

    def to_json(self) -> dict[str, Any]:
        """Give what goes into the metadata of a population."""

        def known(value: float) -> float | None:
            return float(value) if math.isfinite(value) else None

        return {
            "told": self.told(),
            "cautions": self.cautions(),
            "unit": "proposals",
            "walkers": self.n_walkers,
            "ensembles": self.n_ensembles,
            "proposals": self.n_steps,
            "acceptance": self.acceptance,
            "walkers_unmoved": self.n_unmoved,
            "verdict": self.verdict,
            "settled_from": self.settled_from,
            "moving": dict(self.moving or {}),
            "r_hat_beside": dict(self.r_hat_beside or {}),
            "regions": [list(one) for one in self.regions],
            "overlap": self.overlap,
            "ess_between_ensembles": None if self.ess_between is None else list(self.ess_between),
            "parameters": {
                str(row["parameter"]): {
                    name: known(float(row[name])) for name in ("tau", "ess", "r_hat")
                }
                for row in self.parameters.to_dict("records")
            },
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], n_models: int) -> Quality:
        """Read what `to_json` gave, of a population of so many rows.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it is something else.
        """
        rows = [
            {"parameter": name, **{k: np.nan if v is None else float(v) for k, v in one.items()}}
            for name, one in content["parameters"].items()
        ]
        between = content["ess_between_ensembles"]
        return cls(
            n_models,
            int(content["walkers"]),
            int(content["proposals"]),
            None if content["acceptance"] is None else float(content["acceptance"]),
            pd.DataFrame(rows, columns=list(_NOTHING)) if rows else _NOTHING,
            int(content["ensembles"]),
            int(content["walkers_unmoved"]),
            None if between is None else (float(between[0]), float(between[1]), float(between[2])),
            content["verdict"],
            None if content["settled_from"] is None else float(content["settled_from"]),
            {str(name): float(value) for name, value in content["moving"].items()},
            {str(name): float(value) for name, value in content.get("r_hat_beside", {}).items()},
            [[int(i) for i in one] for one in content.get("regions", [])],
            None if content.get("overlap") is None else float(content["overlap"]),
        )

    def _moving_told(self) -> str:
        names = list(self.moving or {})
        if not names:
            return "parameters, taken together,"
        listed = ", ".join(f"{one} ({(self.moving or {})[one]:+.2f} SD)" for one in names[:3])
        rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"the means or variances of {listed}{rest}"

    def _regions_told(self) -> str:
        sets = " | ".join(", ".join(str(i + 1) for i in one) for one in self.regions)
        return (
            f"Ensembles sit in {len(self.regions)} regions that do not overlap ({sets}): how many "
            "models lie in each is where the searches ended, and says nothing of how likely the "
            "regions are. Sample on until walkers pass between them, or analyse each by itself."
        )

    def _named(self) -> str:
        return f" ({', '.join(list(self.moving)[:3])})" if self.moving else ""


def known_quality(population: pd.DataFrame, metadata: Mapping[str, Any]) -> Quality:
    """Give the account that `ionfo collect` left in a population, else judge its rows.

    The chains were judged before states were left out for their cost, and with the starts of the
    run, which the rows no longer tell.
    """
    try:
        found = Quality.from_json(metadata["chain"], len(population))
    except (KeyError, TypeError, ValueError, AttributeError):
        return quality_of(population)
    walkers = book_of(population)
    if {"ensemble", "walker"} <= set(walkers):
        n_walkers = len(walkers[["ensemble", "walker"]].drop_duplicates())
        if n_walkers <= found.n_walkers:
            return found
    return quality_of(population)


def quality_of(
    population: pd.DataFrame, starts: Sequence[NDArray[np.float64]] | None = None
) -> Quality:
    """Judge the chains of a population.

    Parameters
    ----------
    population : DataFrame
        With ``parameters/`` columns; a plain table has no chains.
    starts : sequence of ndarray, shape (n_walkers, n_parameters), optional
        Where each ensemble began, for R-hat; by default its first rows.

    Returns
    -------
    Quality
        R-hat as `ionfo.sampling.runs.diagnostics.diagnose` gives it; of chains with gaps as
        `pooled_r_hat` does.
    """
    population = book_of(population)
    rows = chain_rows(population)
    n_walkers, n_steps = (0, 0) if rows is None else (rows.shape[0], rows.shape[1])
    plain = Quality(len(population), n_walkers, n_steps, _acceptance(population), _NOTHING)
    if rows is not None and n_steps < FEWEST_PROPOSALS:
        return plain
    r_hat = (
        r_hat_with_gaps(population, starts) if rows is None
        else r_hat_of_chains(population, rows, starts)
    )  # fmt: skip
    if r_hat is None:
        return plain
    values = values_of(population)
    sample = _sample(population)
    names = [str(name).removeprefix("parameters/") for name in values]
    tau = np.full(len(names), np.nan) if rows is None else sample.taus
    table = pd.DataFrame({"parameter": names, "tau": tau, "ess": n_walkers * n_steps / tau,
                          "r_hat": r_hat})  # fmt: skip
    varying: pd.DataFrame = table.loc[np.ptp(values.to_numpy(np.float64), axis=0) > 0]
    between = sample.by_ensembles
    walkers = population.groupby(["ensemble", "walker"]).size()
    return replace(
        plain,
        n_walkers=len(walkers),
        n_ensembles=int(population["ensemble"].nunique()),
        n_unmoved=int((walkers == 1).sum()),
        parameters=varying.reset_index(drop=True),
        ess_between=None if between is None else (between.ess, between.low, between.high),
        **compare_ensembles(population, sample, rows),
        **drift_of(sample.stationarity, names, float(population["step"].min())),
    )


def drift_of(found: Stationarity, names: Sequence[str], begin: float) -> dict[str, Any]:
    """Put the test for drift into the words of `Quality`; `begin` is the first proposal."""
    whole = found.whole
    moving = {} if whole is None else {names[i]: float(whole.mean[i]) for i in whole.moving}
    settled = None if found.settled_from is None else found.settled_from - begin
    return {"verdict": found.verdict, "settled_from": settled, "moving": moving}


def _sample(population: pd.DataFrame) -> Sample:
    return Sample(
        values_of(population).to_numpy(np.float64),
        population["weight"].to_numpy(np.float64),
        np.asarray(population.groupby(["ensemble", "walker"]).ngroup(), dtype=np.int64),
        population["step"].to_numpy(np.int64),
        np.asarray(population.groupby("ensemble").ngroup(), dtype=np.int64),
    )


def _acceptance(population: pd.DataFrame) -> float | None:
    """Divide moves by proposals, over all walkers."""
    needed = {"ensemble", "walker", "weight"}
    if not needed <= set(population):
        return None
    walkers = population.groupby(["ensemble", "walker"])["weight"].agg(["size", "sum"])
    steps = walkers["sum"].sum() - len(walkers)
    return None if steps <= 0 else float((walkers["size"].sum() - len(walkers)) / steps)


def _largest(column: pd.Series[float]) -> float:
    known = column.to_numpy(np.float64)
    known = known[np.isfinite(known)]
    return float(known.max()) if len(known) else math.nan
