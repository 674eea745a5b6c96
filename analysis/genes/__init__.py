"""Sets of genes, the genes of ion channels, and what genes tell of models."""

from .reduced_rank import SparseRegression, sparse_reduced_rank_regression

__all__ = ["SparseRegression", "sparse_reduced_rank_regression"]
