"""Which books should go to which room, and why."""
