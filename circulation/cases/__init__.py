"""What does not add up and a person settles: the rows, and the table of what may become of each."""
