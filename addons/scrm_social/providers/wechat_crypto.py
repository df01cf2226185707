"""WeChat's callback signature and encryption, with wechatpy's gaps closed.

wechatpy 1.8.18 compares signatures with ``!=`` (not in constant time), and malformed ciphertext
leaves its decryption as IndexError, ValueError, struct.error, UnicodeDecodeError or nothing at
all. Here the comparison takes constant time and whatever is wrong is one VerificationError.
"""

import base64
import binascii
import hmac
import struct
from collections.abc import Mapping

from wechatpy.crypto import PrpCrypto
from wechatpy.exceptions import WeChatException
from wechatpy.utils import WeChatSigner

from .errors import VerificationError

AES_KEY_LENGTH = 43


def compute_signature(*parts: str) -> str:
    """Return SHA-1 over the sorted, joined parts: WeChat's signature of a callback."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return signer.signature


def check_signature(given: str, *parts: str) -> None:
    """Raise VerificationError unless ``given`` is the signature of ``parts``."""
    try:
        expected = compute_signature(*parts)
    except UnicodeEncodeError as error:  # lone surrogates in the query string
        raise VerificationError("The signature does not match.") from error
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise VerificationError("The signature does not match.")


def decode_aes_key(encoding_aes_key: str) -> bytes:
    """Return the 32 key bytes of a 43 character EncodingAESKey. Raises ValueError."""
    if len(encoding_aes_key or "") != AES_KEY_LENGTH:
        raise ValueError("An EncodingAESKey has 43 characters.")
    try:
        key = base64.b64decode(encoding_aes_key + "=", validate=True)
    except binascii.Error as error:
        raise ValueError("An EncodingAESKey has only letters and digits.") from error
    if len(key) != 32:
        raise ValueError("An EncodingAESKey stands for 32 bytes.")
    return key


def encrypt(encoding_aes_key: str, receiver: str, text: str) -> str:
    """Return ``text`` encrypted for ``receiver`` (an app id), in base64."""
    return PrpCrypto(decode_aes_key(encoding_aes_key)).encrypt(text, receiver).decode()


def decrypt(encoding_aes_key: str, receiver: str, encrypted: str) -> str:
    """Return the text inside ``encrypted``. Raises VerificationError for whatever is wrong.

    :param receiver: the app id that must stand inside the ciphertext
    """
    crypto = PrpCrypto(decode_aes_key(encoding_aes_key))
    try:
        raw = base64.b64decode(encrypted, validate=True)
        _check_frame(crypto.cipher.decrypt(raw))
        text = crypto.decrypt(encrypted, receiver)
    except (
        WeChatException,
        ValueError,  # bad base64, odd block length, undecodable text
        IndexError,
        struct.error,
        TypeError,
    ) as error:
        raise VerificationError("The message cannot be decrypted for this account.") from error
    return text


def _check_frame(plain: bytes) -> None:
    """Raise ValueError unless padding and length field are exactly as WeChat writes them.

    16 random bytes, 4 bytes of length, the text, the receiver, PKCS7 padding to 32 bytes.
    """
    if len(plain) < 32:
        raise ValueError("too short")
    padding = plain[-1]
    if not 1 <= padding <= 32 or plain[-padding:] != bytes([padding]) * padding:
        raise ValueError("bad padding")
    content = plain[16:-padding]
    if len(content) < 4 or struct.unpack(">I", content[:4])[0] > len(content) - 4:
        raise ValueError("bad length")


def check_params(params: Mapping[str, str], *names: str) -> list[str]:
    """Return the named request parameters. Raises VerificationError when one is missing."""
    values = [params.get(name) or "" for name in names]
    if not all(values):
        raise VerificationError("The request carries no complete signature.")
    return values
