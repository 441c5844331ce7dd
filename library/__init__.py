"""The federation: places, people and access, and the assembly of the application."""
