"""Bare pages for staff: sign in, my cases, one case, an opening with its reason. No script at all."""
