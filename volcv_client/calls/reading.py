"""From an answer in the journal to a result: decode what is inline, download what is linked, store the files.

The same for an answer that has just arrived and for one that could not be used earlier.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count, zip_longest

from ..answer.advice import advise_on_form
from ..answer.envelope import Envelope, RawAnswer, parse_for
from ..catalog.spec import Model
from ..config import Profile
from ..errors import BadAnswerError, DownloadError, StoreError, VolcvError, without_frames
from ..http.transport import Transport
from ..images.base64_text import decode_base64
from ..messages import say
from ..store.attended import Attended
from ..store.entry import Entry
from ..store.result import Result, ResultFile
from ..store.results import ResultStore
from .call import Call, FileDecoder, Phase
from .direct_call import keep_unread
from .retry import rule_for, wait_before

LINK_SECONDS = 24 * 3600.0
"""How long result links live (catalog section 2)."""


class AnswerReader:
    """Reads the answers of one profile's calls."""

    def __init__(self, profile: Profile, transport: Transport, store: ResultStore) -> None:
        self._profile = profile
        self._transport = transport
        self._store = store

    def read(self, call: Call, row: Attended, raw: RawAnswer | None = None) -> Result:
        """The result of an answer, which is complete in the store afterwards. ``raw``: default that of the journal.

        An answer of which some pictures cannot be used gives the others, with a note, and stays to be read again.
        Raises BadAnswerError or DownloadError if none can be used; the answer stays in the journal then. Raises
        StoreError if it cannot be read; its error says ``lost`` if there is neither an answer nor a link.
        """
        decoder, result = call.decoder or FileDecoder(), row.entry.result
        call.enter(Phase.DECODING)
        try:
            envelope = self._envelope(call.model, row.entry, raw or self._store.journal.raw_answer(row.entry))
            result = result_of(row.entry, envelope)
            if envelope.image_urls:
                row.read(result, "links")  # on the disk before the download begins
            files, problems = self._files(call, envelope, decoder)
            if problems and not files:
                raise problems[0]
        except (BadAnswerError, DownloadError) as error:
            keep_unread(row, error, result)
            advise_on_form(error, call.model)
            error.lost = error.key == "link_expired" and row.entry.age > LINK_SECONDS
            raise
        row.read(replace(result, files=files), problems[0].key if problems else "")
        self._store.sweep_once()
        return replace(row.entry.result, notes=tuple(self._notes(row, problems)), problem=self._problem(row))

    def _envelope(self, model: Model, entry: Entry, raw: RawAnswer | None) -> Envelope:
        if raw is not None:
            return parse_for(model, raw, self._profile.secrets)
        result = entry.result
        urls = tuple(result.image_urls)
        if not urls:
            error = StoreError("file_missing", problem=self._store.journal.answer_file(entry).name)
            error.lost = True
            raise error
        return Envelope(result.request_id, result.seconds, urls, (), result.texts, result.cost, {})

    def _files(
        self, call: Call, envelope: Envelope, decoder: FileDecoder
    ) -> tuple[tuple[ResultFile, ...], list[VolcvError]]:
        """Every file that can be used, in order, and what is wrong with the others."""
        files, problems = list[ResultFile](), list[VolcvError]()
        decoder.clear()
        for text, url in zip_longest(envelope.base64_pictures, envelope.image_urls):
            problem: VolcvError | None = None
            for load in self._sources(call, text, url):
                try:
                    file = load()
                    decoder.decode(file)
                except (BadAnswerError, DownloadError) as error:
                    problem = problem or without_frames(error)
                    continue
                files.append(file)
                break
            else:
                problems += [problem] if problem else []
        return tuple(files), problems

    def _sources(self, call: Call, text: str | None, url: str | None) -> Iterator[Callable[[], ResultFile]]:
        """Ways to one file: inline, then by link."""
        if text is not None:
            yield lambda: ResultFile(data=decode_base64(text))
        if url is not None:
            yield lambda: self._download(call, url)

    def _download(self, call: Call, url: str) -> ResultFile:
        """The file behind a link: a picture in memory, a video in a file beside the store."""
        call.enter(Phase.DOWNLOADING)
        for attempt in count(1):
            try:
                if call.model.video:
                    return ResultFile(path=self._transport.download_video(url, self._store.folder))
                return ResultFile(data=self._transport.download(url))
            except DownloadError as error:
                rule = rule_for(error, random_seed=False)
                if rule is None or attempt > rule.retries:
                    raise
                time.sleep(wait_before(rule, attempt, error))
            finally:
                call.enter(Phase.DECODING)
        raise AssertionError("unreachable")

    def load(self, call: Call, entry: Entry) -> Result:
        """The stored result of a complete entry, decoded. Raises StoreError if its files cannot be read; its error
        says ``lost`` if they are gone or damaged."""
        decoder = call.decoder or FileDecoder()
        decoder.clear()
        files = []
        try:
            for file in entry.result.files:
                loaded = file if file.is_video and file.size else replace(file, data=file.read())
                decoder.decode(loaded)
                files.append(loaded)
        except (StoreError, BadAnswerError) as error:
            error.lost = isinstance(error, BadAnswerError) or error.key == "file_missing"
            raise
        return replace(entry.result, files=tuple(files))

    def _notes(self, row: Attended, problems: Sequence[VolcvError]) -> Iterator[str]:
        if problems:
            file = row.journal.answer_file(row.entry)
            yield say("note.partly_unread", count=len(problems), problem=problems[0].message, file=file)
        if problem := self._problem(row):
            yield problem

    @staticmethod
    def _problem(row: Attended) -> str:
        problem = row.journal.problem_of(row.entry)
        return str(problem) if problem else ""


def result_of(entry: Entry, envelope: Envelope) -> Result:
    """The entry's result with the facts of its answer."""
    measured = entry.result.seconds
    return replace(
        entry.result,
        request_id=envelope.request_id,
        seconds=envelope.seconds if envelope.seconds is not None else measured,
        cost=envelope.cost,
        texts=dict(envelope.texts),
        image_urls=envelope.image_urls,
    )
