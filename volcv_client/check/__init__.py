"""Is the configuration good, and what does this service do that no page says?

:mod:`.free` asks what costs nothing. :mod:`.steps` plans paid calls from models and from the table of open questions in
:mod:`.probes`, :mod:`.live` makes them, :mod:`.judging` reads the answers, and :mod:`.report` writes all of it down.
"""
