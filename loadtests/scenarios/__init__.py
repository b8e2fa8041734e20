"""Scenarios: what many players do at once; a file each, which Locust takes as it is."""
