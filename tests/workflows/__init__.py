"""The example workflows and how their files are made."""
