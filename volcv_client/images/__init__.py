"""Pixels and picture files: encoding, decoding, thumbnails."""
