"""Tests of the server; each file mirrors the module under test."""
