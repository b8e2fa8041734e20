"""The rules of one player."""
