"""The strict gateway of the tests: the sandbox with pages of its own, faults on demand and signatures.

Its checks share nothing with the client or its declarations, so that an error in one cannot hide in the other: models
have pages written by hand, or the entry of a copy of the API catalog. Its pictures are the sandbox's.
"""

from .facts import Facts
from .faults import Fault
from .records import RecordedRequest
from .server import Gateway

__all__ = ["Facts", "Fault", "Gateway", "RecordedRequest"]
