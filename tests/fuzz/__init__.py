"""What nobody would send: hypothesis against a server that is up, atheris against its decoders."""
