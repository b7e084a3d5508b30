"""Scenes of paid calls: never paid twice, never lost. Each is counted at a server and written into docs/faults.md."""
