"""The colours of all figures, of pictures and of pages, and what they mean.

Blue is low and synergy, orange is high and redundancy.  In maps of what lies on both sides of zero,
orange is more, violet is less, and zero is white.
"""

from __future__ import annotations

# after Okabe & Ito: safe for colour-blind readers, and visible on white and on black
BLUE, ORANGE, GREEN, GREY, PINK = "#3B8FC4", "#E0702C", "#1B9E77", "#8A8A8A", "#CC79A7"

DIVERGING = ("#542788", "#9A8BC2", "#FFFFFF", "#F0A55B", "#B35806")
"""From the least by zero to the most, in equal steps."""

SEQUENTIAL = "viridis"
"""Name of the scale from zero upwards, in matplotlib and, with a capital, in plotly."""
