"""Renders the demo pictures that ship with the pack."""
