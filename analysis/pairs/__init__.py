"""Dependence of pairs of columns."""
