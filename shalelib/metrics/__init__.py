"""Image metrics in two and three dimensions, with their intervals."""
