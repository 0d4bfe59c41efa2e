"""The interface for programs: strict JSON in, views out, a bearer token, no cookies."""
