"""WeChat official account: callbacks.

Rules of the platform and where they come from (developers.weixin.qq.com, 公众号 docs):
- a callback is signed with SHA-1 over token, timestamp and nonce; in safe and compatible mode the
  cipher text is signed too (``msg_signature``);
- messages repeat with the same MsgId, events with the same sender and second
  (消息管理 > 接收普通消息 / 接收事件推送);
- answers by customer message: five within 48 hours of a user's message, three within one minute
  of a menu click, a scan or a subscription (客服消息 rules since June 2023).
"""

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from .base import InboundEvent, Provider, ReplyWindow
from .errors import MalformedError, VerificationError
from .wechat_crypto import check_params, check_signature, decrypt
from .xml_reader import read_flat_xml

MODE_PLAIN, MODE_COMPAT, MODE_SAFE = "plain", "compat", "safe"

REPLY_WINDOW_MESSAGE = ReplyWindow(seconds=48 * 3600, quota=5)
REPLY_WINDOW_ACTION = ReplyWindow(seconds=60, quota=3)
ACTIONS_THAT_OPEN = frozenset({"subscribe", "scan", "click"})

# Seconds; WeChat documents none, its own retries come within 15 seconds.
DEFAULT_REPLAY_WINDOW = 600


class WechatOfficialAccount(Provider):
    """Callbacks of one official account.

    :param token: the token typed in WeChat's console, never empty
    :param app_id: the account's AppID
    :param aes_key: EncodingAESKey, needed unless ``mode`` is plain
    :param replay_window: how old a signed request may be in seconds, 0 for any age
    """

    name = "wechat_oa"

    def __init__(
        self,
        *,
        app_id: str,
        token: str,
        aes_key: str = "",
        mode: str = MODE_SAFE,
        replay_window: int = DEFAULT_REPLAY_WINDOW,
        clock=time.time,
    ):
        self.app_id = app_id
        self._token = token
        self._aes_key = aes_key
        self._mode = mode
        self._replay_window = replay_window
        self._clock = clock

    def answer_handshake(self, params: Mapping[str, str]) -> str:
        self._check_plain_signature(params)
        return check_params(params, "echostr")[0]

    def open_envelope(self, params: Mapping[str, str], body: bytes) -> str:
        if self._mode == MODE_PLAIN:
            if params.get("encrypt_type", "raw") != "raw":
                raise VerificationError("An encrypted message came for a plain account.")
            self._check_plain_signature(params)
            return self._decode(body)
        # Compatible mode sends the plain text as well: only the cipher text is signed, so only
        # the cipher text is read. A plain request to an encrypting account is a forgery.
        if params.get("encrypt_type") != "aes":
            raise VerificationError("A plain message came for an encrypting account.")
        signature, timestamp, nonce = check_params(params, "msg_signature", "timestamp", "nonce")
        encrypted = self._get_encrypted(body)
        self._check_token()
        check_signature(signature, self._token, timestamp, nonce, encrypted)
        self._check_age(timestamp)
        try:
            return decrypt(self._aes_key, self.app_id, encrypted)
        except ValueError as error:
            raise VerificationError("This account has no valid EncodingAESKey.") from error

    def _get_encrypted(self, body: bytes) -> str:
        encrypted = read_flat_xml(body).get("Encrypt")
        if not encrypted:
            raise MalformedError("The body has no Encrypt element.")
        return encrypted

    def _decode(self, body: bytes) -> str:
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise MalformedError("The body is not UTF-8.") from error

    def _check_plain_signature(self, params: Mapping[str, str]) -> None:
        signature, timestamp, nonce = check_params(params, "signature", "timestamp", "nonce")
        self._check_token()
        check_signature(signature, self._token, timestamp, nonce)
        self._check_age(timestamp)

    def _check_token(self) -> None:
        # Without a secret everybody could sign: refuse instead of accepting.
        if not self._token:
            raise VerificationError("This account has no token.")

    def _check_age(self, timestamp: str) -> None:
        if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
            raise VerificationError("The timestamp is not a number.")
        if self._replay_window and abs(self._clock() - int(timestamp)) > self._replay_window:
            raise VerificationError(
                "The request is too old or from the future; check the server's clock."
            )

    def parse(self, payload: str) -> InboundEvent:
        data = read_flat_xml(payload)
        sender, created, message_type = (
            data.get(name, "").strip() for name in ("FromUserName", "CreateTime", "MsgType")
        )
        if not sender or not message_type or not created.isascii() or not created.isdigit():
            raise MalformedError("FromUserName, CreateTime or MsgType is missing.")
        if len(created) > 10 or len(sender) > 128:
            raise MalformedError("FromUserName or CreateTime is too long.")
        is_event = message_type.lower() == "event"
        event_type = (data.get("Event") if is_event else message_type) or ""
        external_id = "" if is_event else data.get("MsgId", "").strip()
        return InboundEvent(
            kind="event" if is_event else "message",
            type=event_type.strip().lower(),
            sender=sender,
            receiver=data.get("ToUserName", ""),
            dedupe_key=self._get_dedupe_key(data, sender, created, external_id),
            external_id=external_id,
            occurred_at=datetime.fromtimestamp(int(created), UTC).replace(tzinfo=None),
            text=read_text(data),
            media_id=data.get("MediaId", ""),
            data=data,
        )

    def _get_dedupe_key(
        self, data: Mapping[str, str], sender: str, created: str, external_id: str
    ) -> str:
        if external_id:
            # The sender belongs to the key: a message id is unique for an account, and a wrong
            # one must not hide another customer's message.
            return f"msg:{external_id}:{sender}"[:255]
        # Sender and second alone are not enough: two different events may share a second.
        facts = "\n".join(f"{name}={data[name]}" for name in sorted(data))
        digest = hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()
        return f"event:{sender}:{created}:{digest[:32]}"[:255]

    def get_reply_window(self, event: InboundEvent) -> ReplyWindow | None:
        if event.kind == "message":
            return REPLY_WINDOW_MESSAGE
        return REPLY_WINDOW_ACTION if event.type in ACTIONS_THAT_OPEN else None


def read_text(data: Mapping[str, str]) -> str:
    """Return the words inside a message: what was typed, recognised, or the place or link."""
    kind = data.get("MsgType", "").lower()
    if kind == "text":
        return data.get("Content", "")
    if kind == "location":
        return " ".join(filter(None, (data.get("Label"), _coordinates(data))))
    if kind == "link":
        return " ".join(filter(None, map(data.get, ("Title", "Description", "Url"))))
    if kind == "event":
        return ""
    return data.get("Recognition") or data.get("Title") or ""


def _coordinates(data: Mapping[str, str]) -> str:
    latitude, longitude = data.get("Location_X"), data.get("Location_Y")
    return f"({latitude}, {longitude})" if latitude and longitude else ""
