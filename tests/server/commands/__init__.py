"""Tests of the commands; each file mirrors the module under test."""
