"""Every test runs without the user's settings: its own state folder, English, no credentials, no proxies."""

from __future__ import annotations

from os import environ
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "volcv",
    deadline=None,
    derandomize=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("volcv")

FOREIGN = ("VOLCV_", "VOLC_")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
KEPT = ("VOLCV_WRITE_DOCS",)


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(environ):
        if (name.startswith(FOREIGN) and name not in KEPT) or name.upper() in PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("VOLCV_HOME", str(tmp_path / "volcv-home"))
    monkeypatch.setenv("VOLCV_LANG", "en")
