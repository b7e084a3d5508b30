"""A loopback stand-in for the Volcengine gateway, for tests, demos and first runs without a key.

It speaks real HTTP, refuses what the documented service refuses, and answers with pictures that are visibly
marked SANDBOX. Nothing here shares code or tables with the client: an error in one cannot hide in the other.
"""

from .faults import Fault
from .records import RecordedRequest
from .server import SandboxServer

__all__ = ["Fault", "RecordedRequest", "SandboxServer"]
