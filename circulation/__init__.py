"""What moves: loans, holds, wishes, transfers and restocking."""
