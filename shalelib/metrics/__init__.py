"""Image metrics in two and three dimensions, with their intervals."""

VERSION = 1  # raise it when the same images give other numbers
