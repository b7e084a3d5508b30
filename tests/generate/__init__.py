"""Everything in the repository that is derived from the declarations: ``python -m tests.generate``."""
