"""Tests of the edge; each file mirrors the module under test."""
