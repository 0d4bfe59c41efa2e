"""Every page in a real browser: who may use it, what it weighs, whom it talks to."""
