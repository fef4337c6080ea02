"""Trainings and tests as runs in a work dir: how they are set up, started and read afterwards."""
