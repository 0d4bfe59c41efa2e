"""What web, portal and api share: limits, paths, headers, bodies, refusals.

The one rule of this folder: whatever a stranger sends is bounded before it is
parsed, and no part of it comes back in an answer or goes into a log.
"""
