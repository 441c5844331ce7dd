"""Staff accounts, their grants, API tokens and signed-in sessions."""
