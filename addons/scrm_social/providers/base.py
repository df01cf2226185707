"""The seam between the suite and a social platform.

A provider is plain Python: it neither knows Odoo nor the database. It is given its settings,
verifies and reads what the platform calls back, and calls the platform's API. Everything else
(storing, processing, customers) is the addon's.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class InboundEvent:
    """One thing that a user of the platform did, as the platform told it.

    :param kind: ``message`` or ``event``
    :param type: the platform's type in lower case: ``text``, ``image``, … or ``subscribe``, …
    :param sender: the user's id on the account (an openid)
    :param receiver: the account's own id
    :param dedupe_key: equal for the same thing told twice, different otherwise
    :param external_id: the platform's message id, empty for events
    :param occurred_at: naive UTC
    :param text: the words in it: what was typed, or recognised, or the place or link; or empty
    :param media_id: the platform's handle of a picture, voice … or empty
    :param data: every plain element of the payload, for what the fields above leave out
    """

    kind: str
    type: str
    sender: str
    receiver: str
    dedupe_key: str
    external_id: str
    occurred_at: datetime
    text: str
    media_id: str = ""
    data: Mapping[str, str] = field(default_factory=dict)

    def place(self, received_at: datetime) -> "InboundEvent":
        """Return the event at its place within the second that the platform told.

        What else happens is known to the microsecond. So the event stands at its receipt, or at
        the end of its second when it was received later.

        :param received_at: naive UTC
        """
        end = self.occurred_at + timedelta(microseconds=999_999)
        return replace(self, occurred_at=max(self.occurred_at, min(received_at, end)))


@dataclass(frozen=True)
class ReplyWindow:
    """How long, and how often, the account may answer after a user's action."""

    seconds: int
    quota: int


class TokenStore(Protocol):
    """Where an API client finds its access token. Implementations are shared by all workers."""

    def get(self) -> str:
        """Return a token that is valid as far as we know."""

    def renew(self, rejected: str) -> str:
        """Return another token than ``rejected``; asks the platform at most once for everybody."""


class Provider(ABC):
    """What the addon needs of a platform."""

    name: str

    @abstractmethod
    def answer_handshake(self, params: Mapping[str, str]) -> str:
        """Return what the platform wants to read when it checks the callback address.

        Raises VerificationError when the request is not signed with our token.
        """

    @abstractmethod
    def open_envelope(self, params: Mapping[str, str], body: bytes) -> str:
        """Return the verified (and decrypted) payload of a callback.

        Raises VerificationError or MalformedError.
        """

    @abstractmethod
    def parse(self, payload: str) -> InboundEvent:
        """Read a payload that ``open_envelope`` returned. Raises MalformedError."""

    @abstractmethod
    def get_reply_window(self, event: InboundEvent) -> ReplyWindow | None:
        """Return the window that this event opens for answers, if any."""
