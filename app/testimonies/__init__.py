"""Content by case reference. This folder never learns whose it is."""
