"""One customer's story, from a stranger's WeChat message to a member's card.

A real server with background jobs, a real browser, WeChat's own protocol over HTTP. Nobody
reaches behind the screens to act; the database is only looked at to know when a job is done.
"""

import os
from pathlib import Path

import pytest

from tests.harness.browser import Chromium
from tests.harness.rpc import Rpc
from tests.harness.server import ROOT, Server
from tests.story import acts
from tests.story.bare_stage import set_without_demo
from tests.story.stage import set_with_demo
from tests.story.story import Story

TEMPLATE = os.environ.get("SCRM_STORY_TEMPLATE", "demo")
LANGUAGE = os.environ.get("SCRM_STORY_LANG", "zh_CN")
# The readme's pictures are taken anew only when they are asked for.
PICTURES = os.environ.get("SCRM_STORY_PICTURES")


@pytest.fixture
def server():
    server = Server("scrm_story", TEMPLATE, jobs=2)
    server.create()
    server.start()
    yield server
    server.drop()


def test_one_customers_story(server, stand_in, tmp_path):
    pictures = Path(ROOT / PICTURES) if PICTURES else tmp_path / "pictures"
    admin = Rpc(server.url, server.name, "admin", "admin")
    set_stage = set_with_demo if TEMPLATE == "demo" else set_without_demo
    stage = set_stage(server, admin, stand_in.url)
    with Chromium() as browser:
        story = Story(server, stage, browser, stand_in, pictures, LANGUAGE)
        for act in acts.PLAY:
            act(story)
        assert not story.browser_errors(), story.browser_errors()
    errors = server.log_entries("ERROR", "CRITICAL")
    assert not errors, errors[:5]
