"""Readers, their cards, households and guardians."""
