"""What can go wrong between us and a provider, named by what the caller should do."""


class ProviderError(Exception):
    """The provider refused a call.

    ``code`` is the provider's own number (0 when there was no answer at all), ``message`` its
    own text. Secrets and tokens never stand in either.
    """

    def __init__(self, message: str, code: int = 0):
        super().__init__(message)
        self.message = message
        self.code = code


class Busy(ProviderError):
    """Not now: the same call may succeed in a while. Nothing was delivered."""


class TokenRejected(ProviderError):
    """The access token was refused, also after one refresh."""


class CredentialsRejected(ProviderError):
    """App id, secret or caller's address are refused: an administrator must act."""


class WindowClosed(ProviderError):
    """The customer wrote too long ago: the account may not write to them now."""


class WindowUsedUp(ProviderError):
    """All answers that the customer's last message allows have been sent."""


class RecipientUnreachable(ProviderError):
    """The recipient is unknown, has left the account or has blocked it."""


class QuotaExceeded(ProviderError):
    """A daily or per-minute limit of the account is used up."""


class ContentRefused(ProviderError):
    """The provider refuses the text itself (too long, forbidden content)."""


class Undelivered(ProviderError):
    """The provider could not be reached: nothing was sent."""


class OutcomeUnknown(ProviderError):
    """The call left, no answer came back: it may or may not have been delivered."""


class VerificationError(Exception):
    """A callback is not from the provider, or not for this account: refuse, store nothing."""


class MalformedError(Exception):
    """A callback is verified but cannot be read: refuse, store nothing."""
