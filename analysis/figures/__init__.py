"""Figures of arrays and tables; each function returns one."""
