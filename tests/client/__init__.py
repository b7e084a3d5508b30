"""Tests of the API client, mostly against real HTTP servers."""
