"""Journeys: what a person does with the app, told step by step in a real browser."""
