"""A stand-in for the service on this machine: for first runs without a key, the demo and the tests.

It speaks the gateway's protocol over real HTTP and answers with drawings that are marked SANDBOX. Which fields a
model has, their limits and the kind of drawing it gets follow from its declaration in the catalog.
"""

from .server import SandboxServer

__all__ = ["SandboxServer"]
