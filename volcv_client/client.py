"""The Python API: a client plans runs (which costs nothing) and starts them (which costs money).

>>> from volcv_client import Client
>>> Client().run("high_aes_general_v14", prompt="a red fox").pictures[0].save("fox.png")
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import catalog, config
from .answer.envelope import RawAnswer, parse_data
from .calls.batch import BatchRun, RunResult
from .calls.call import Call
from .calls.cancel import POLL_SECONDS, CancelToken
from .calls.draining import drain_at_exit
from .calls.executor import CallExecutor
from .calls.shared import SharedState
from .catalog.spec import TASK, Model
from .config import Profile
from .errors import Cancelled, Charged, ParameterError, SetupError, StoreError, VolcvError
from .images.batch import ImageBatch
from .images.image import FileImage, Image, Mask, read_mask
from .request.inputs import convert_inputs, converters
from .request.json_body import json_body
from .request.media import MediaFile
from .request.plan import Plan, plan
from .request.price import Estimate, estimate
from .store.entry import Entry
from .store.result import Result
from .store.results import ResultStore

if TYPE_CHECKING:
    from .sandbox import SandboxServer


class ClientPool:
    """The clients of one process, one per profile. They share a limiter per credential, a store per folder, requests
    in flight and the sandbox server. Thread-safe."""

    def __init__(self) -> None:
        self.shared = SharedState()
        drain_at_exit(self.shared)
        self._lock = threading.Lock()
        self._clients: dict[tuple[Profile, Path], Client] = {}
        self._sandbox: SandboxServer | None = None

    def client(self, profile: Profile | None = None) -> Client:
        """The client of a profile (default: the active one). Raises SetupError if it is not complete."""
        key = (profile or config.profile()).ready(), config.home()
        with self._lock:
            if key not in self._clients:
                self._clients[key] = Client(key[0], pool=self)
            return self._clients[key]

    def client_for(self, entry: Entry) -> Client:
        """The client of the service, and if possible of the account, to which an earlier call was sent.

        The active profile comes first; it also serves calls whose service is not recorded. Raises SetupError
        "other_service" if no complete profile leads there.
        """
        active = config.active_name()
        found = list[Client]()
        for name in sorted(config.profile_names(config.load_file()), key=lambda name: name != active):
            with suppress(SetupError):  # not filled in yet
                profile = config.profile(name).ready()
                if identity_of(profile) == entry.identity or (name == active and not entry.identity):
                    found.append(self.client(profile))
        same_account = [client for client in found if client.executor.credential == entry.credential]
        if not found:
            raise SetupError("other_service", name=entry.name, service=entry.identity or active)
        return (same_account or found)[0]

    def store(self) -> ResultStore:
        """The result store of the state folder in force."""
        return self.shared.store(config.home() / "results")

    def sandbox_url(self) -> str:
        """Address of the stand-in service inside this process, which is started on first use."""
        if self._sandbox is None:
            from .sandbox import SandboxServer  # lazy import: only the sandbox profile needs it

            self._sandbox = SandboxServer(api_keys=(config.SANDBOX_KEY,))
            self._sandbox.start()
        return self._sandbox.url


class Client:
    """The service as one profile reaches it: transport, limiter, result store, calls in flight."""

    def __init__(self, profile: Profile | str | None = None, *, pool: ClientPool | None = None, **fields: Any) -> None:
        """``profile``: a profile, or the name of one (default: the active one); ``fields`` replace its fields, such as
        ``api_key="..."`` or ``timeout=60``. Nothing is sent. Raises SetupError if the profile is not complete.
        """
        if not isinstance(profile, Profile):
            profile = config.profile(profile)
        profile = replace(profile, **fields).ready()
        self.pool = pool or ClientPool()
        identity = identity_of(profile)
        if profile.name == config.SANDBOX:
            profile = replace(profile, base_url=self.pool.sandbox_url(), api_key=config.SANDBOX_KEY)
        self.profile = profile
        self.identity = identity
        self.pool.shared.exit_wait = profile.exit_wait
        self.executor = CallExecutor(profile, identity, self.pool.shared)

    @property
    def store(self) -> ResultStore:
        """Every answer that was charged, newest first: ``client.store.newest(5)``."""
        return self.executor.store

    def plan(self, key: str | Model, **inputs: Any) -> Plan:
        """The calls that these inputs would make, checked; nothing is sent and nothing is charged.

        ``key``: a req_key, node id or family name, see :func:`volcv_client.models`. ``inputs`` by the API's field
        names. A picture or mask is a path, PIL image or numpy array (``[H, W, C]``, masks ``[H, W]``; uint8 0..255 or
        float 0..1), or a list of them for a batch. A video or sound is a path or the bytes of its file.
        Raises InputError for inputs that cannot work.
        """
        model = catalog.model(key) if isinstance(key, str) else key
        return plan(model, convert_inputs(model, inputs, CONVERTERS))

    def estimate(self, planned: Plan) -> Estimate:
        """How many calls a plan makes and what they are expected to cost: always an estimate, see :class:`Estimate`."""
        return estimate(planned, self.profile)

    def start(
        self,
        planned: Plan,
        *,
        token: CancelToken | None = None,
        pixels: ImageBatch | None = None,
        on_change: Callable[[], None] | None = None,
        forms: tuple[str, ...] = (),
    ) -> BatchRun:
        """Send the calls of a plan; they run in threads of their own. See :class:`BatchRun`."""
        run = BatchRun(self.executor, planned, token=token, pixels=pixels, on_change=on_change, forms=forms)
        return run.start()

    def run(self, key: str | Model, *, progress: Callable[[str], None] | None = None, **inputs: Any) -> RunResult:
        """Plan, start, wait: the result of a run. ``progress`` gets a status line whenever it changes.

        Raises VolcvError; a KeyboardInterrupt stops what has not been sent. What has is waited for when the process
        ends, at most the profile's ``exit_wait`` seconds, and its answer is stored.
        """
        run = self.start(self.plan(key, **inputs))
        shown = ""
        try:
            while not run.wait(0.2):
                if progress is not None and run.status() != shown:
                    shown = run.status()
                    progress(shown)
        except BaseException:  # such as KeyboardInterrupt: calls that are not sent must not be
            run.cancel()
            raise
        return run.result()

    def fetch(self, entry: Entry) -> Call:
        """A started call that fetches the result of an earlier one from wherever it stands in the journal: a task is
        polled, an answer is read or downloaded again. Nothing is charged. See :meth:`.store.journal.Journal.by_name`.
        """
        result = entry.result
        call = Call(model_of(result.req_key), result.seed, not result.reusable, entry=entry)
        self.executor.submit(call)
        return call

    def recall(self, name: str) -> Result:
        """The result of an earlier call: of a request id, or of the id of a task.

        What is paid and not stored yet is fetched; nothing is charged. Raises StoreError "not_stored" if nothing is
        known of it, else the VolcvError of fetching it.
        """
        entry = self.store.journal.by_name(name)
        if entry is None:
            raise StoreError("not_stored", request=name)
        call = self.fetch(entry)
        while not call.ended:
            time.sleep(POLL_SECONDS)
        if call.result is None:
            raise call.error or Cancelled
        return call.result

    def check_credentials(self) -> float:
        """Seconds in which the gateway accepted the credentials. Nothing is charged.

        Asks for the result of a task that does not exist: an error about the task or its parameters comes after the
        credentials were accepted. Raises the VolcvError of any other answer.
        """
        began = time.monotonic()
        try:
            parse_data(self.ask_in_vain(), secrets=self.profile.secrets)
        except VolcvError as error:
            error.charged = Charged.NO
            if not about_request(error):
                raise
        return time.monotonic() - began

    def ask_in_vain(self) -> RawAnswer:
        """The answer to a request for the result of a task that does not exist, whatever it is; never charged.

        Raises the VolcvError of a request without an answer.
        """
        query = json_body({"req_key": catalog.all_models()[0].req_key, "task_id": str(uuid.uuid4().int)[:19]})
        try:
            return self.executor.transport.post(TASK.result_action, query, CancelToken().check)
        except VolcvError as error:
            error.charged = Charged.NO
            raise


def about_request(error: VolcvError) -> bool:
    """Whether an error is the service's word on a task or its parameters, which it has after the key is accepted."""
    return isinstance(error, ParameterError) and isinstance(error.code, int)


def identity_of(profile: Profile) -> str:
    """Name of the service of a complete profile in fingerprints and the journal: its base URL, or "sandbox"."""
    return config.SANDBOX if profile.name == config.SANDBOX else profile.base_url


def to_images(given: Any, kind: type[Image] = Image, read: Callable[[Path], Image] = FileImage) -> list[Image]:
    """One picture or a list of them: paths, PIL images, arrays, or :class:`Image` itself. Raises InputError."""

    def convert(item: Any) -> Image:
        if isinstance(item, Image):
            return item
        if isinstance(item, (str, Path)):
            return read(Path(item))
        return kind(item) if isinstance(item, np.ndarray) else kind.from_pil(item)

    return [convert(item) for item in (given if isinstance(given, (list, tuple)) else [given])]


def to_masks(given: Any) -> list[Image]:
    """One mask or a list of them, like :func:`to_images`; of a picture file or PIL image its alpha or lightness."""
    return to_images(given, Mask, read_mask)


CONVERTERS = converters(to_images, to_masks, MediaFile.of, MediaFile.of)


def model_of(req_key: str) -> Model:
    """The model of a req_key; the model that takes any req_key for one that this version does not know."""
    try:
        return catalog.model(req_key)
    except KeyError:
        return catalog.model("any")
