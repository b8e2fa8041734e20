"""Tests of the bus; each file mirrors the module under test."""
