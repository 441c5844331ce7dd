"""What readers ask for that the county does not have, and the answers."""
