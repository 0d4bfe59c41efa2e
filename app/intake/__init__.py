"""What arrives through the portal, and how it becomes a case."""
