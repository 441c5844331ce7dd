"""The sample county: invented places, books, readers and years of loans."""
