"""Tests of the event log; each file mirrors the module under test."""
