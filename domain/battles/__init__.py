"""Live dare battles in a squad (rules §8)."""
