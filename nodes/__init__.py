"""The ComfyUI half: catalog entries as nodes."""
