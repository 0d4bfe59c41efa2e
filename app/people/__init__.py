"""The identity vault: who a case is about. Knows no testimony; no testimony knows it."""
