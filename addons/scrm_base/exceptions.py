"""Errors that code reacts to; people read ``UserError`` and its kind."""


class DeliveryError(Exception):
    """A medium could not deliver an outbox row. ``args[0]`` is a sentence for people."""


class DeliveryRetry(DeliveryError):
    """It did not go out and may be tried again.

    :param message: why, as a sentence
    :param seconds: wait at least so long; ``None`` leaves it to the outbox's back-off
    """

    def __init__(self, message, seconds=None):
        super().__init__(message)
        self.seconds = seconds


class DeliveryRefused(DeliveryError):
    """It did not go out and trying again would not help: wrong address, refused content.

    :param message: why, as a sentence
    :param reason: a key of ``scrm.outbox.reason``, by which people sort what failed
    """

    def __init__(self, message, reason="refused"):
        super().__init__(message)
        self.reason = reason


class DeliveryUnknown(DeliveryError):
    """Nobody can tell whether it went out, for instance after a time-out in the answer.

    :param message: why, as a sentence
    :param reference: what the medium may call the message when it reports on it later
    """

    def __init__(self, message, reference=None):
        super().__init__(message)
        self.reference = reference
