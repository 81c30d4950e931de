"""Damaged checkpoints, many of them, opened in search of what should never happen."""
