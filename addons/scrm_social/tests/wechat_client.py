"""WeChat's side of a callback: builds the requests that WeChat would send.

No Odoo in here, and nothing of the code under test: the story at the root of the repository uses
it against a real server.
"""

import base64
import hashlib
import time
import uuid
from urllib.parse import urlencode

import requests
from wechatpy.crypto import PrpCrypto

ACCOUNT_ID = "gh_stand_in"


def sha1_of_sorted(*parts: str) -> str:
    """Return WeChat's signature of ``parts``."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def encrypt(aes_key: str, app_id: str, payload: str) -> str:
    """Return ``payload`` encrypted as WeChat does it for the account ``app_id``."""
    return PrpCrypto(base64.b64decode(aes_key + "=")).encrypt(payload, app_id).decode()


def build_xml(values: dict[str, object]) -> str:
    """Return a payload as WeChat writes it: strings in CDATA, numbers plain."""
    lines = [
        f"<{tag}>{value}</{tag}>"
        if isinstance(value, int)
        else f"<{tag}><![CDATA[{value}]]></{tag}>"
        for tag, value in values.items()
    ]
    return f"<xml>{''.join(lines)}</xml>"


class WechatClient:
    """Sends callbacks to one channel, signed with its token.

    :param url: the channel's callback address
    :param mode: ``plain``, ``safe`` or ``compat``, as in the console
    :param stand_in: base address of a stand-in API that is told what the customer did
    """

    def __init__(
        self,
        url: str,
        token: str,
        app_id: str,
        aes_key: str = "",
        mode: str = "safe",
        stand_in: str = "",
    ):
        self.url = url
        self.token = token
        self.app_id = app_id
        self.aes_key = aes_key
        self.mode = mode
        self.stand_in = stand_in
        self._last_msgid = time.time_ns()

    # === PAYLOADS === #

    def text(self, openid: str, content: str, msgid: int | None = None, **more) -> str:
        return self.message(openid, "text", msgid, Content=content, **more)

    def message(self, openid: str, kind: str, msgid: int | None = None, **more) -> str:
        self._last_msgid += 1
        values = {
            "ToUserName": ACCOUNT_ID,
            "FromUserName": openid,
            "CreateTime": int(time.time()),
            "MsgType": kind,
        }
        return build_xml({**values, **more, "MsgId": msgid or self._last_msgid})

    def event(self, openid: str, event: str, **more) -> str:
        values = {
            "ToUserName": ACCOUNT_ID,
            "FromUserName": openid,
            "CreateTime": int(time.time()),
            "MsgType": "event",
            "Event": event,
        }
        return build_xml({**values, **more})

    # === REQUESTS === #

    def sign(self, timestamp: int | None = None) -> dict[str, str]:
        """Return the query parameters of a signed request."""
        stamp = str(int(time.time()) if timestamp is None else timestamp)
        nonce = uuid.uuid4().hex[:10]
        return {
            "signature": sha1_of_sorted(self.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
        }

    def build(self, payload: str, timestamp: int | None = None) -> tuple[dict[str, str], bytes]:
        """Return query parameters and body of the callback that carries ``payload``."""
        params = self.sign(timestamp=timestamp)
        if self.mode == "plain":
            return params, payload.encode()
        encrypted = encrypt(self.aes_key, self.app_id, payload)
        params["encrypt_type"] = "aes"
        params["msg_signature"] = sha1_of_sorted(
            self.token, params["timestamp"], params["nonce"], encrypted
        )
        # compatible mode repeats the message in plain text
        plain = payload.removeprefix("<xml>").removesuffix("</xml>")
        shown = plain if self.mode == "compat" else f"<ToUserName>{ACCOUNT_ID}</ToUserName>"
        body = f"<xml>{shown}<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        return params, body.encode()

    def send(self, payload: str, timestamp: int | None = None) -> requests.Response:
        """Deliver a payload as WeChat would."""
        params, body = self.build(payload, timestamp)
        return self.send_raw(params, body)

    def send_raw(self, params: dict[str, str], body: bytes) -> requests.Response:
        return requests.post(
            f"{self.url}?{urlencode(params)}",
            data=body,
            headers={"Content-Type": "text/xml"},
            timeout=30,
        )

    def verify(self, echostr: str = "4711") -> requests.Response:
        """Ask for the callback address as WeChat's console does."""
        return requests.get(self.url, params={**self.sign(), "echostr": echostr}, timeout=30)

    def say(self, openid: str, content: str, msgid: int | None = None) -> requests.Response:
        """Let a customer write: deliver the message, and tell the stand-in that they did."""
        if self.stand_in:
            requests.post(
                f"{self.stand_in}/_stand_in/said", json={"openid": openid}, timeout=10
            ).raise_for_status()
        return self.send(self.text(openid, content, msgid))
