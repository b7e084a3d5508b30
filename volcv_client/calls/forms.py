"""Forms in which the pictures of a call are sent: inside the request, or as links to pictures that were uploaded.

A model's page may take links without saying whether the service reads pictures inside the request as well; and not
every gateway makes links. So a refusal that may be about the pictures, and was not charged, leads to the other form.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import ParameterError, UploadError, VolcvError, without_frames
from ..messages import say
from ..store.entry import INLINE, LINKS

REFUSED = range(50200, 50300)
"""Codes of refused parameters and pictures (catalog section 7)."""


class Forms:
    """The forms that one call tries in turn. ``current``: the form of the next attempt."""

    def __init__(self, *forms: str) -> None:
        self._forms = forms
        self._tried = 0
        self._refusal: VolcvError | None = None

    @property
    def current(self) -> str:
        return self._forms[self._tried]

    def next(self, error: VolcvError) -> bool:
        """Go on to the next form, if there is one and the error may be about the form."""
        if not about_form(error) or self._tried + 1 == len(self._forms):
            return False
        self._keep(error)
        self._tried += 1
        return True

    def _keep(self, error: VolcvError) -> None:
        if self._refusal is None and isinstance(error, ParameterError):
            self._refusal = without_frames(error)

    def final(self, error: VolcvError) -> VolcvError:
        """The error to raise instead of the last one: the service's first refusal, if no form was taken."""
        if not about_form(error):
            return error
        self._keep(error)
        raised = self._refusal or error
        if INLINE in self._forms and isinstance(raised, ParameterError):
            raised.hint = "upload_url"
        return raised

    def notes(self) -> Iterator[str]:
        """What was done that nobody asked for, in the user's language."""
        if self.current == LINKS and INLINE in self._forms:
            yield say("note.sent_as_links")
        elif self._tried:
            yield say("note.sent_inline")


def about_form(error: VolcvError) -> bool:
    """Whether another form of the pictures may help: no link could be made, or the service refused a parameter."""
    refused = isinstance(error, ParameterError) and error.code in REFUSED and error.key != "unknown_req_key"
    return refused or isinstance(error, UploadError)
