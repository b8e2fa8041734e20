"""The rules of one squad."""
