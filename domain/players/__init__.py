"""A person in the game: one stream each, for identity and settings."""
