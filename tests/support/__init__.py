"""Factories and helpers that several test folders share. Imports nothing of the pack: tests load it under two names."""
