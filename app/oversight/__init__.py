"""The auditor's desk: who did what to which reference, and whether the log is whole. No content."""
