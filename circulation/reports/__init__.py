"""Daily figures derived from the events."""
