"""The one answer to: where is this copy, may it be had, and when."""
