"""Run the tests of THOI on the measures of ionfo, and compare values.

    python -m venv PEER
    PEER/bin/pip install thoi torch pytest numba lazy-loader
    PYTHONPATH=src PEER/bin/python scripts/peers/thoi_tests.py CLONE

CLONE is a clone of https://github.com/Laouen/THOI, which is imported and not changed.  Replaced are
its innermost functions: the covariance of normal scores, TC, DTC, O- and S-information of
covariances, their bias, and the local O-information of rows.  ionfo has no local TC: that of THOI
stays, and local DTC and S-information are made of it and of our O-information.

A clone without tests/data/X_random.tsv, which is large, gets rows drawn here in its place; what
they are compared with is then what THOI, before it is touched, makes of the same rows.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tally import Tally

from ionfo.analysis import (
    correlation_matrix,
    dual_total_correlation,
    local_o_information,
    normal_scores,
    o_information,
    o_information_gradient,
    s_information,
    total_correlation,
)
from ionfo.analysis.measures.bias import log_determinant_bias
from ionfo.analysis.measures.local import local_o_information_of
from ionfo.terminal.output import mistakes_told

MEASURES = {
    "TC": total_correlation,
    "DTC": dual_total_correlation,
    "O-information": o_information,
    "S-information": s_information,
}
"""In the order of THOI's results."""

ROWS, TRUTH = "X_random.tsv", "X_random__multi_order_measures.tsv"
Array = NDArray[np.float64]


def drawn_rows(n_rows: int, n_variables: int) -> Array:
    """Draw rows with a common factor, a sum and noise."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((n_rows, n_variables))
    rows[:, ::2] += rng.standard_normal((n_rows, 1))
    rows[:, 1] += rows[:, 2] - rows[:, 3]
    return rows


def covariance(torch: Any) -> Callable[..., Any]:
    """Make what THOI calls for the covariance of normal scores: our correlation of them."""

    def replaced(data: Any, *, return_xg: bool = False, **_: Any) -> Any:
        kind = data.dtype if data.dtype.is_floating_point else torch.get_default_dtype()
        scores = [normal_scores(one.numpy()) for one in data]
        scaled = np.stack([(one - one.mean(axis=0)) / one.std(axis=0) for one in scores])
        matrices = np.stack([correlation_matrix(one) for one in scores])
        kept = torch.as_tensor(scaled, dtype=kind) if return_xg else None
        return kept, torch.as_tensor(matrices, dtype=kind)

    return replaced


def with_bias(torch: Any, covariances: Any, orders: Any, b_1: Any, b_n: Any, b_less: Any) -> Any:
    """Our values of covariances, less the bias that THOI takes off entropies of three sizes."""
    values = np.array([[of(one) for of in MEASURES.values()] for one in covariances.numpy()])
    tc, dtc, o, s = torch.as_tensor(values, dtype=covariances.dtype).T
    of_tc = b_n - orders * b_1
    of_dtc = (orders - 1) * b_n - orders * b_less
    return tc + of_tc, dtc + of_dtc, o + of_tc - of_dtc, s + of_tc + of_dtc


def local(torch: Any, theirs: Callable[..., Any]) -> Callable[..., Any]:
    """Make what THOI calls for local measures of a batch of multiplets."""

    def replaced(scores: Any, covariances: Any, multiplets: Any, **options: Any) -> Any:
        found = theirs(scores, covariances, multiplets, **options)
        if multiplets.shape[1] < 3:
            return found
        for i, multiplet in enumerate(multiplets.tolist()):
            for d, (rows, matrix) in enumerate(zip(scores, covariances, strict=True)):
                part = matrix.numpy().astype(np.float64)[np.ix_(multiplet, multiplet)]
                deviation = np.sqrt(np.diag(part))
                scaled = rows.numpy().astype(np.float64)[:, multiplet] / deviation
                ours = local_o_information_of(scaled, part / np.outer(deviation, deviation))
                total = found[i, d, :, 0]
                o = torch.as_tensor(ours, dtype=found.dtype)
                found[i, d] = torch.stack([total, total - o, o, 2 * total - o], dim=-1)
        return found

    return replaced


def replace(tally: Tally) -> None:
    """Put our functions in the place of THOI's."""
    import torch
    from thoi import commons
    from thoi.measures import gaussian_copula, gaussian_copula_hot_encoded, utils
    from thoi.measures import gaussian_copula_local as of_rows

    def plain(matrices: Any, order: int, b_1: Any, b_n: Any, b_less: Any) -> Any:
        return with_bias(torch, matrices, order, b_1, b_n, b_less)

    def hot(matrices: Any, _: Any, orders: Any, __: Any, b_1: Any, b_n: Any, b_less: Any) -> Any:
        # variables that are left out stand as independent ones, which change no measure
        return with_bias(torch, matrices, orders, b_1, b_n, b_less)

    def bias(order: int, n_rows: int) -> Any:
        return torch.tensor(log_determinant_bias(int(order), n_rows - 1)[-1] / 2)

    scores = tally.counted(covariance(torch))
    for module in (commons, of_rows):
        module.gaussian_copula_covmat = scores
    for module in (utils, gaussian_copula, gaussian_copula_hot_encoded):
        module._gaussian_entropy_bias_correction = bias
    gaussian_copula._get_fast_tc_dtc_from_batched_covmat = tally.counted(plain)
    gaussian_copula_hot_encoded._get_tc_dtc_from_batched_covmat = tally.counted(hot)
    ours = tally.counted(local(torch, of_rows._local_single_batch_from_xg))
    of_rows._local_single_batch_from_xg = ours


def compare() -> None:
    """Print the largest difference between THOI and ours on one table."""
    from itertools import combinations

    import torch
    from thoi.measures.gaussian_copula import nplets_measures
    from thoi.measures.gaussian_copula_local import local_nplets_measures

    rows = drawn_rows(400, 8)
    scores = normal_scores(rows)
    matrix = correlation_matrix(scores)
    worst = {name: [0.0, 0.0] for name in (*MEASURES, "gradient of O", "local O")}

    def note(name: str, theirs: Any, ours: Any) -> None:
        difference = float(np.abs(np.asarray(theirs) - ours).max())
        size = float(np.abs(np.asarray(ours)).max())
        worst[name] = [max(worst[name][0], difference), max(worst[name][1], size)]

    for order in range(3, 9):
        multiplets = list(combinations(range(8), order))
        theirs = np.asarray(
            nplets_measures(matrix, torch.tensor(multiplets), covmat_precomputed=True)
        )[:, 0]
        for i, multiplet in enumerate(multiplets):
            part = matrix[np.ix_(multiplet, multiplet)]
            for column, (name, of) in enumerate(MEASURES.items()):
                note(name, theirs[i, column], of(part))
            if order > 3:
                less = torch.tensor(list(combinations(multiplet, order - 1))[::-1])
                without = nplets_measures(matrix, less, covmat_precomputed=True)[:, 0, 2]
                note(
                    "gradient of O",
                    theirs[i, 2] - np.asarray(without),
                    o_information_gradient(part),
                )
        # the same Gaussian: that of the scores with a standard deviation of exactly 1
        scaled = (scores - scores.mean(axis=0)) / scores.std(axis=0)
        of_rows = local_nplets_measures(scaled, multiplets, covmats=matrix, eps=0.0)
        for i, multiplet in enumerate(multiplets):
            note("local O", of_rows[i, 0, :, 2], local_o_information(scores[:, multiplet]))
    print("largest difference from THOI in nats:")
    print(f"{'':16s}{'difference':>12s}{'largest value':>16s}")
    for name, (difference, size) in worst.items():
        print(f"{name:16s}{difference:12.1e}{size:16.3f}")


def stand_in(tests: Path) -> None:
    """Write rows, and what THOI makes of them, where a clone came without them."""
    from thoi.measures.gaussian_copula import multi_order_measures

    rows = drawn_rows(50_000, 10)
    np.savetxt(tests / "data" / ROWS, rows, delimiter="\t", fmt="%.17g")
    table = multi_order_measures(np.loadtxt(tests / "data" / ROWS, delimiter="\t"))
    table.to_csv(tests / "data" / TRUTH, sep="\t", index=False, float_format="%.17g")


def main() -> int:
    """Compare values, then run the tests."""
    parser = argparse.ArgumentParser(description=__doc__.split(".")[0])
    parser.add_argument("clone", type=Path, help="a clone of THOI")
    clone = parser.parse_args().clone.resolve()
    os.environ["TQDM_DISABLE"] = "1"  # no bars of progress
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(clone))
    compare()
    with tempfile.TemporaryDirectory() as folder:
        tests = clone / "tests"
        if not (tests / "data" / ROWS).exists():
            print(f"the clone has no {ROWS}: its tests run on rows drawn here")
            tests = Path(shutil.copytree(tests, Path(folder) / "tests"))
            stand_in(tests)
        tally = Tally(lambda item: True)
        replace(tally)
        return tally.run(sorted(tests.glob("test_*.py")))


if __name__ == "__main__":
    with mistakes_told():
        sys.exit(main())
