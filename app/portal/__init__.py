"""The witness's door: a process of its own that holds no key. What it takes in it cannot open."""
