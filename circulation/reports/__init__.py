"""What was lent, asked for and visited, by day and place, and the figures made of it."""
