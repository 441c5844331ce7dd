"""Check-out, check-in and renewal."""
