"""The staff desk: one field that takes every scan."""
