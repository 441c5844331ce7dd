"""Batch loans to a class or a group: a list lent until the end of the term, ticked off and handed back."""
