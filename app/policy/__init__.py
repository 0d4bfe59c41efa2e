"""Who may do what, as readable Cedar rules in ``policies/``. Deny by default."""
