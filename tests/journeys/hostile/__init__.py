"""A real browser at an office in which everything was written for a page to run."""
