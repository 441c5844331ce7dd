"""What exists: bibliographic records and the copies under them."""
