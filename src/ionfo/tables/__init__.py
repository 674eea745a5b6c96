"""Tables as files: populations, models, matrices, expression; whole or absent, and proven."""
