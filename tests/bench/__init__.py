"""Measures the pack: ``volcv bench``. Every figure is of one run, side by side with what it is compared with."""
