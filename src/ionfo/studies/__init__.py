"""From a table to findings, and from findings to tables and figures."""
