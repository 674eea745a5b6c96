"""Markov chains of emcee: their target, their storage, their population."""
