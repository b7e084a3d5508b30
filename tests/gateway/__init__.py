"""The strict gateway of the tests: the sandbox with pages of its own, faults on demand and signatures.

Its checks share nothing with the client or the catalog, so that an error in one cannot hide in the other. Its
pictures are the sandbox's, and so are the checks of a model that has no page yet.
"""

from .facts import Facts
from .faults import Fault
from .records import RecordedRequest
from .server import Gateway

__all__ = ["Facts", "Fault", "Gateway", "RecordedRequest"]
