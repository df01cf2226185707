"""Real servers and clients for the stories and fault programs."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
for folder in (ROOT, ROOT / "addons" / "scrm_social" / "tests"):
    sys.path.insert(0, str(folder))

from stand_in_api import StandInServer  # noqa: E402  (its folder is on the path only now)

from tests.harness.server import Server  # noqa: E402


@pytest.fixture(scope="session")
def stand_in():
    """The local stand-in for WeChat's API."""
    server = StandInServer().start()
    yield server
    server.stop()


@pytest.fixture
def fault_server():
    """A server on the demo data whose background jobs wait until it is started again."""
    server = Server("scrm_faults", "demo", jobs=0)
    server.create()
    yield server
    server.drop()
