"""Tests of the protocol; each file mirrors the module under test."""
