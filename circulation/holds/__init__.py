"""The queue for a book, trapping and pickup."""
