"""A client by a stranger, in another language, against a live server."""
