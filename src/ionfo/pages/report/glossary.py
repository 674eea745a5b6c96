"""Words of the page and what they mean."""

from __future__ import annotations

TERMS = (
    (
        "O-information",
        "What a group of variables shares less what it holds only together. Positive values mean "
        "redundancy: the members say the same. Negative values mean synergy: the members "
        "constrain each other only as a group.",
    ),
    (
        "Redundancy-synergy index (RSI)",
        "The sum of what single conductances tell about a feature less what they tell together. "
        "Negative values mean that the group tells more than its members one by one.",
    ),
    (
        "Nats and bits",
        "Units of information; a nat is 1.44 bits. Two Gaussian variables share 0.02 nats at a "
        "correlation of 0.20, 0.1 nats at 0.43, 0.5 nats at 0.80 and 1 nat at 0.93.",
    ),
    ("Order, size", "How many variables a group (multiplet) has."),
    (
        "Null, shuffled rows",
        "The same statistic after every column was shuffled on its own, so that nothing depends "
        "on anything. A value counts where it lies beyond the null after adjustment for the number "
        "of sizes.",
    ),
    (
        "Corrected",
        "Less the bias that a sample of this size has. Raw values have it still.",
    ),
    (
        "Effective sample size",
        "To so many independent models the sample is worth. Successive states of a walker resemble "
        "each other.",
    ),
    (
        "Autocorrelation time",
        "Proposals after which a walker has forgotten where it was.",
    ),
    (
        "R-hat",
        "Whether independent ensembles found the same distribution; 1 is agreement.",
    ),
    (
        "Settling",
        "Chains whose last third differs from their first have not reached their distribution. "
        "What they show is a transient.",
    ),
)  # fmt: skip
"""Term and meaning."""
