"""What goes wrong with a loan or a copy, and how a person settles it: claims, losses, damage, calling back."""
