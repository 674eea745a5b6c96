"""Measures of every multiplet, or of many."""
