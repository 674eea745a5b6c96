"""Everything that talks to a terminal: options, output, usage, ranks, the machine."""
