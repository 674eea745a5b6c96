"""Effective size, resampling, bands and comparisons."""
