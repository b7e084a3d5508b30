"""Tests in a real ComfyUI, over real HTTP, and in a real browser."""
