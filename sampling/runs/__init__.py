"""What the folder of every run has: a lock, sessions, diagnostics."""
