"""Client for the Volcengine CV gateway; no torch, no ComfyUI."""

__version__ = "0.1.0"
