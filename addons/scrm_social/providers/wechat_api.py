"""WeChat official account: calls to its API.

Transport of our own instead of wechatpy's client, because that one fetches tokens without limit
when a token is refused, without a timeout, and per process.
"""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests

from . import errors
from .base import TokenStore

_logger = logging.getLogger(__name__)

DEFAULT_API_BASE_URL = "https://api.weixin.qq.com"
TIMEOUT = 15  # seconds, to connect and between two bytes of the answer
TEXT_MAX_BYTES = 2048  # of a customer service text message

TOKEN_CODES = frozenset({40001, 40014, 42001})
# Error codes: developers.weixin.qq.com > 公众号 > 全局返回码说明
ERROR_CLASSES: dict[int, type[errors.ProviderError]] = {
    -1: errors.Busy,
    40001: errors.TokenRejected,
    40014: errors.TokenRejected,
    42001: errors.TokenRejected,
    40013: errors.CredentialsRejected,
    40125: errors.CredentialsRejected,
    40164: errors.CredentialsRejected,
    48001: errors.CredentialsRejected,
    50002: errors.CredentialsRejected,
    45015: errors.WindowClosed,
    45047: errors.WindowUsedUp,
    40003: errors.RecipientUnreachable,
    43004: errors.RecipientUnreachable,
    45009: errors.QuotaExceeded,
    45011: errors.Busy,
    45002: errors.ContentRefused,
    40008: errors.ContentRefused,
    44004: errors.ContentRefused,
}


def raise_for_code(code: int, message: str) -> None:
    """Raise the error that ``code`` stands for; 0 is success."""
    if code:
        raise ERROR_CLASSES.get(code, errors.ProviderError)(f"{code}: {message}", code)


def fetch_stable_token(
    base_url: str, app_id: str, secret: str, *, force: bool = False
) -> tuple[str, int]:
    """Return an access token and its life in seconds.

    ``stable_token`` gives every caller the same token, so that many workers cannot throw out one
    another's; ``force`` asks for a new one (20 times a day at most).
    """
    answer = _call(
        requests.Session(),
        "POST",
        base_url,
        "/cgi-bin/stable_token",
        {},
        {
            "grant_type": "client_credential",
            "appid": app_id,
            "secret": secret,
            "force_refresh": force,
        },
    )
    raise_for_code(int(answer.get("errcode") or 0), str(answer.get("errmsg") or ""))
    token = answer.get("access_token")
    if not token:
        raise errors.Busy("WeChat answered without a token.")
    return str(token), int(answer.get("expires_in") or 7200)


class WechatApi:
    """The calls that the addon makes for one official account.

    :param base_url: without a path, e.g. ``https://api.weixin.qq.com``
    :param tokens: shared by all workers
    :param session: kept for the calls of one job; a new one by default
    """

    def __init__(
        self,
        base_url: str,
        tokens: TokenStore,
        session: requests.Session | None = None,
    ):
        self._base_url = base_url
        self._tokens = tokens
        self._session = session or requests.Session()

    def send_text(self, openid: str, text: str) -> str:
        """Send a customer service text message; return WeChat's reference or an empty string.

        Raises ContentRefused before any call when the text is too long.
        """
        if len(text.encode()) > TEXT_MAX_BYTES:
            raise errors.ContentRefused(
                f"The text is longer than WeChat's {TEXT_MAX_BYTES} bytes; split it."
            )
        answer = self._post(
            "/cgi-bin/message/custom/send",
            {"touser": openid, "msgtype": "text", "text": {"content": text}},
        )
        return str(answer.get("msgid") or "")

    def get_callback_ips(self) -> list[str]:
        """Return the addresses that WeChat calls back from; a harmless call that needs a token."""
        return list(self._get("/cgi-bin/getcallbackip").get("ip_list") or [])

    def _post(self, path: str, payload: dict[str, Any]) -> dict[str, Any]:
        return self._with_token(
            lambda token: _call(
                self._session, "POST", self._base_url, path, {"access_token": token}, payload
            )
        )

    def _get(self, path: str) -> dict[str, Any]:
        return self._with_token(
            lambda token: _call(
                self._session, "GET", self._base_url, path, {"access_token": token}, None
            )
        )

    def _with_token(self, call: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """Call with the token; when it is refused, renew it once and call once more."""
        token = self._get_token(self._tokens.get)
        answer = call(token)
        if int(answer.get("errcode") or 0) in TOKEN_CODES:
            answer = call(self._get_token(lambda: self._tokens.renew(token)))
        raise_for_code(int(answer.get("errcode") or 0), str(answer.get("errmsg") or ""))
        return answer

    def _get_token(self, fetch: Callable[[], str]) -> str:
        try:
            return fetch()
        except errors.OutcomeUnknown as error:
            # Only the token is unknown: the call it was for has not been made.
            raise errors.Undelivered(error.message, error.code) from error


def _call(
    session: requests.Session,
    method: str,
    base_url: str,
    path: str,
    params: dict[str, str],
    payload: dict[str, Any] | None,
) -> dict[str, Any]:
    """Make one HTTP call and return its JSON. Tokens and secrets stay out of every message."""
    host = urlsplit(base_url).netloc
    try:
        # WeChat stores escaped text as it is: send UTF-8, not \\u escapes.
        body = None if payload is None else _to_json(payload)
        response = session.request(
            method,
            base_url.rstrip("/") + path,
            params=params,
            data=body,
            headers={"Content-Type": "application/json; charset=utf-8"},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except (requests.ConnectTimeout, requests.exceptions.SSLError):
        raise errors.Undelivered(f"{host} cannot be reached.") from None
    except requests.ConnectionError as error:
        if _was_refused(error):
            raise errors.Undelivered(f"{host} cannot be reached.") from None
        raise errors.OutcomeUnknown(f"{host} broke the connection off.") from None
    except requests.RequestException:
        raise errors.OutcomeUnknown(f"{host} did not answer in time.") from None
    if response.status_code >= 500:
        raise errors.OutcomeUnknown(f"{host} answered with status {response.status_code}.")
    if response.status_code != 200:
        raise errors.ProviderError(f"{host} answered with status {response.status_code}.")
    try:
        answer = response.json()
    except ValueError:
        raise errors.OutcomeUnknown(f"{host} answered with something else than JSON.") from None
    if not isinstance(answer, dict):
        raise errors.OutcomeUnknown(f"{host} answered with something else than an object.")
    return answer


def _to_json(payload: dict[str, Any]) -> bytes:
    return requests.compat.json.dumps(payload, ensure_ascii=False).encode()


def _was_refused(error: requests.ConnectionError) -> bool:
    """Tell whether the connection was never made, so that nothing can have been delivered."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError"}
