"""Evaluate parameter sets, here or on many workers, and survive what they do."""
