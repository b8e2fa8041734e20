"""A squad: who belongs to it, in which role, and by which invite they came."""
