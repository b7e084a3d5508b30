"""The package for ComfyUI's registry: what is in it, and its artwork."""
