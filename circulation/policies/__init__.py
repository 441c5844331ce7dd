"""The named lending rules, their inheritance and their explanation."""
