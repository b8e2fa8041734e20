"""Samples of what is stored and sent, each made once and kept for ever."""
