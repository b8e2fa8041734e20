"""A dare: one issuer, one target, one squad, one attempt."""
