"""Inputs, their checks, and the JSON body."""
