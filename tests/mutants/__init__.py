"""Faults planted on purpose: which there are, and whether the tests notice them."""
