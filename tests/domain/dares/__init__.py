"""The rules of one dare."""
