"""The demo's WeChat: a local stand-in for its API, and a customer who writes (`make say`)."""

import os
import signal
import subprocess
import urllib.error
import urllib.request

import config
import database
import postgres
from console import Stop, note
from paths import ADDONS, LOGS, PYTHON

TESTS = ADDONS / "scrm_social" / "tests"
CHANNEL = """
SELECT c.api_base_url, c.callback_uuid, c.token, c.app_id, c.aes_key
  FROM scrm_channel c JOIN ir_model_data d ON d.model = 'scrm.channel' AND d.res_id = c.id
 WHERE d.module = 'scrm_social' AND d.name = 'channel_demo_oa'
"""
OPENID = "oDemoVisitor0002"
SAY = """
import sys
sys.path.insert(0, sys.argv[1])
from wechat_client import WechatClient
_path, url, token, app_id, aes_key, stand_in, openid, text = sys.argv[1:]
answer = WechatClient(url, token, app_id, aes_key, "safe", stand_in).say(openid, text)
sys.exit(0 if answer.status_code == 200 else f"The server answered {answer.status_code}.")
"""


def _channel(name):
    rows = postgres.sql(name, CHANNEL)
    if not rows:
        raise Stop("The demo channel is not in the database; `make clean`, then `make run`.")
    return rows[0]


def start_stand_in(name):
    """Start the stand-in where the demo channel looks for WeChat; None where it runs already."""
    address = _channel(name)[0]
    try:
        with urllib.request.urlopen(f"{address}/_stand_in/stats", timeout=2):
            return None
    except (urllib.error.URLError, OSError):
        pass
    port = address.rsplit(":", 1)[-1]
    return subprocess.Popen(
        [PYTHON, TESTS / "stand_in_api.py", "--port", port],
        stdin=subprocess.DEVNULL,
        stdout=(LOGS / "wechat-stand-in.log").open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def stop_stand_in(child):
    if child and child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()


def say(name, text, openid=OPENID):
    """Write to the demo's official account as a customer would, encrypted and signed."""
    api, uuid, token, app_id, aes_key = _channel(name)
    url = f"http://127.0.0.1:{config.http_port()}/scrm/wechat/{uuid}"
    done = subprocess.run(
        [PYTHON, "-c", SAY, TESTS, url, token, app_id, aes_key, api, openid, text],
        env={**os.environ, **database.odoo_env()},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise Stop(f"The message did not arrive ({reason[0]}). Is `make run` running?")
    note(f"{openid} wrote: {text}")
