"""The operator's door: set-up, services, the log, rules. Holds no key of any case."""
