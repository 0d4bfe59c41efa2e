"""Published figures, as they were printed, and a reader that refuses a table whose sums do not hold."""
