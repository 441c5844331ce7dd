"""The tree of libraries and reading rooms, their opening hours and the van's routes."""
