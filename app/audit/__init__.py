"""The access log: append-only, signed, in published formats. README.md tells them to strangers."""
