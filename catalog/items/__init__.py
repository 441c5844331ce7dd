"""Copies: where they belong, where they are, what happened to them."""
