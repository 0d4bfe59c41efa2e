"""Legal work on a case: how cooperation mitigates, in words with evidence. No scores."""
