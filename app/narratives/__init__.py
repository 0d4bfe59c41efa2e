"""What is told in public, coded in a frame. Knows no person: who somebody is stays beyond its reach."""
