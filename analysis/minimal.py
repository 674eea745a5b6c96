"""The smallest set of predictors that tells nearly all there is to tell together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .answers import MIN, Answer, told
from .figures.spectra import minimal_set


def minimal_frame(answer: Answer) -> pd.DataFrame:
    """One row: the first order that reaches 90 % of the lowest RSI, with its set and its null.

    Where not all sets were measured the lowest ones that a search came across count, and `how`
    says ``found``; their null is that of as many drawn sets, which they were not chosen from, so
    it is left out.
    """
    spectrum = answer.spectrum
    if answer.found is None:
        lowest, sets, orders = spectrum.minimum, spectrum.argmin, spectrum.order
    else:
        lowest, sets, orders = (
            answer.found[0].value,
            answer.found[0].multiplet,
            answer.found[0].order,
        )
    i = minimal_set(lowest)
    row: dict[str, object] = {
        "target": answer.target,
        "order": int(orders[i]),
        "set": told(sets[i], answer.names),
        "raw_nats": float(lowest[i]),
        "bias_nats": float(answer.bias[answer.question.orders == orders[i]][0]),
        "lowest_raw_nats": float(lowest.min()),
        "lowest_order": int(orders[int(np.argmin(lowest))]),
        "how": "exact" if answer.found is None else "found",
    }
    row["corrected_nats"] = float(lowest[i]) - float(str(row["bias_nats"]))
    if answer.null is not None and answer.nothing_was_drawn:
        here = answer.question.orders == orders[i]
        low, high = answer.null.band
        row["null_low_nats"] = float(low[here, MIN][0])
        row["null_high_nats"] = float(high[here, MIN][0])
        row["p"] = float(answer.null.p[here, MIN][0])
    return pd.DataFrame([row])
