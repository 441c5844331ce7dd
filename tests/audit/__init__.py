"""Slow proofs over the shared data: `make audit SHARED=DIR`."""
