"""A local stand-in for WeChat's API, for tests, the demo and developers without an account.

    python stand_in_api.py --port 8090

It speaks what the addon uses: ``stable_token``, ``getcallbackip`` and ``message/custom/send`` with
the rule of five answers within 48 hours. Standard library only, loopback only.

What a test needs besides stands under ``/_stand_in/`` (JSON in and out):
- ``GET messages?openid=``: what customers have received, oldest first
- ``GET stats``: how often each call was made
- ``POST said`` ``{"openid", "seconds_ago": 0, "action": "message"|"click"}``: a customer did
  something, so that answers are allowed
- ``POST configure`` ``{"app_id", "secret", "strict", "fail": {path: [errcode, …]}, "delay": {path:
  seconds}}``: what to accept, and what to answer the next calls of a path with
- ``POST expire``: throw out the tokens given so far
- ``POST reset``
"""

import argparse
import json
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"
TOKEN_SECONDS = 7200
# seconds, answers: WeChat's rules for customer service messages
WINDOWS = {"message": (48 * 3600, 5), "click": (60, 3)}
TEXT_MAX_BYTES = 2048


class StandInState:
    """What the stand-in remembers. All methods are called under its lock."""

    def __init__(self):
        self.lock = threading.RLock()
        self.reset()

    def reset(self):
        self.app_id = None  # None accepts every account
        self.secret = None
        # strict: an openid that has said nothing has no window; else it may be answered at once
        self.strict = False
        self.fail = {}
        self.delay = {}
        self.broken = set()
        self.tokens = {}
        self.messages = []
        self.windows = {}
        self.stats = {}

    def said(self, openid, action="message", seconds_ago=0):
        seconds, quota = WINDOWS[action]
        self.windows[openid] = [time.time() - seconds_ago + seconds, quota]

    def give_token(self, app_id, force):
        known = self.tokens.get(app_id)
        if force or not known or known[1] < time.time():
            known = (secrets.token_urlsafe(48), time.time() + TOKEN_SECONDS)
            self.tokens[app_id] = known
        return known

    def is_valid(self, token):
        return any(value == token and until > time.time() for value, until in self.tokens.values())

    def send(self, payload):
        """Return WeChat's answer to a customer service message."""
        openid = payload.get("touser")
        text = (payload.get("text") or {}).get("content")
        if not openid:
            return error(40003, "invalid openid")
        if payload.get("msgtype") != "text":
            return error(40008, "invalid message type")
        if not text:
            return error(44004, "empty content")
        if len(text.encode()) > TEXT_MAX_BYTES:
            return error(45002, "content size out of limit")
        if openid not in self.windows and not self.strict:
            self.said(openid)
        until, left = self.windows.get(openid, (0, 0))
        if until < time.time():
            return error(45015, "response out of time limit or subscription is canceled")
        if left < 1:
            return error(45047, "out of response count limit")
        self.windows[openid][1] -= 1
        self.messages.append({"openid": openid, "text": text, "at": time.time()})
        return {"errcode": 0, "errmsg": "ok"}


def error(code, message):
    return {"errcode": code, "errmsg": message}


class StandInHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "StandIn"

    def log_message(self, *args):
        """Say nothing: the caller's log is enough."""

    def do_GET(self):
        self._handle({})

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        try:
            payload = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            payload = None
        self._handle(payload)

    def _handle(self, payload):
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        state = self.server.state
        if payload is None:
            self._answer(error(47001, "data format error"))
            return
        if parts.path.startswith("/_stand_in/"):
            with state.lock:
                self._answer(self._control(state, parts.path[11:], payload, query))
            return
        with state.lock:
            state.stats[parts.path] = state.stats.get(parts.path, 0) + 1
            failures = state.fail.get(parts.path) or []
            failure = failures.pop(0) if failures else None
            delay = state.delay.get(parts.path, 0)
            broken = parts.path in state.broken
        time.sleep(delay)
        if broken:  # the call arrived, the answer does not
            self.close_connection = True
            return
        with state.lock:
            answer = (
                error(failure, "as configured")
                if failure
                else self._api(state, parts.path, payload, query)
            )
        self._answer(answer)

    def _api(self, state, path, payload, query):
        if path == "/cgi-bin/stable_token":
            if payload.get("grant_type") != "client_credential":
                return error(40002, "invalid grant_type")
            if state.app_id and payload.get("appid") != state.app_id:
                return error(40013, "invalid appid")
            if state.secret and payload.get("secret") != state.secret:
                return error(40125, "invalid appsecret")
            token, until = state.give_token(payload.get("appid"), payload.get("force_refresh"))
            return {"access_token": token, "expires_in": int(until - time.time())}
        if not state.is_valid(query.get("access_token")):
            return error(40001, "invalid credential, access_token is invalid or not latest")
        if path == "/cgi-bin/getcallbackip":
            return {"ip_list": [HOST]}
        if path == "/cgi-bin/message/custom/send":
            return state.send(payload)
        return error(48001, "api unauthorized")

    def _control(self, state, name, payload, query):
        if name == "messages":
            openid = query.get("openid")
            return {"messages": [m for m in state.messages if openid in (None, m["openid"])]}
        if name == "stats":
            return {"stats": state.stats}
        if name == "said":
            state.said(
                payload["openid"], payload.get("action", "message"), payload.get("seconds_ago", 0)
            )
        elif name == "configure":
            for key in ("app_id", "secret", "strict", "fail", "delay"):
                if key in payload:
                    setattr(state, key, payload[key])
        elif name == "expire":
            state.tokens.clear()
        elif name == "reset":
            state.reset()
        else:
            return {"ok": False, "error": "unknown control"}
        return {"ok": True}

    def _answer(self, answer):
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class StandInServer(ThreadingHTTPServer):
    """The stand-in; ``port=0`` takes a free one, ``url`` says which."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port=0):
        super().__init__((HOST, port), StandInHandler)
        self.state = StandInState()

    @property
    def url(self):
        return f"http://{HOST}:{self.server_address[1]}"

    def start(self):
        """Serve in a thread of this process; for tests."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.shutdown()
        self.server_close()


def main():
    parser = argparse.ArgumentParser(description="A local stand-in for WeChat's API.")
    parser.add_argument("--port", type=int, default=8090)
    arguments = parser.parse_args()
    try:
        server = StandInServer(arguments.port)
    except OSError as problem:
        parser.exit(1, f"Port {arguments.port} cannot be used: {problem}\n")
    sys.stdout.write(f"WeChat stand-in on {server.url}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
