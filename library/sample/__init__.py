"""The sample county: invented places, books, readers and a year of loans."""
