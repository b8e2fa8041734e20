"""Tests of live; each file mirrors the module under test."""
