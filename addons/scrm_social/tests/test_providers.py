"""The pure parts: signature, encryption, XML, parsing. No database."""

import base64
import struct
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto

from odoo.tests import BaseCase, tagged

from ..providers import wechat_crypto
from ..providers.base import ReplyWindow
from ..providers.errors import MalformedError, VerificationError
from ..providers.wechat_oa import WechatOfficialAccount
from ..providers.xml_reader import read_flat_xml
from .wechat_client import WechatClient, build_xml, encrypt, sha1_of_sorted

APP_ID = "wx0123456789abcdef"
TOKEN = "a-token"
AES_KEY = base64.b64encode(bytes(range(32))).decode()[:43]
TEXTS = st.text(
    st.characters(blacklist_categories=("Cs",), min_codepoint=32), min_size=1, max_size=200
)


def make_client(mode="safe", **changes):
    values = {"url": "", "token": TOKEN, "app_id": APP_ID, "aes_key": AES_KEY, "mode": mode}
    return WechatClient(**{**values, **changes})


def make_provider(mode="safe", **changes):
    values = {"token": TOKEN, "app_id": APP_ID, "aes_key": AES_KEY, "mode": mode}
    return WechatOfficialAccount(**{**values, **changes})


@tagged("post_install", "-at_install")
class TestProviders(BaseCase):
    # === SIGNATURE AND AGE === #

    def test_handshake_returns_echostr_when_signed(self):
        params = {**make_client().sign(), "echostr": "4711"}
        self.assertEqual(make_provider().answer_handshake(params), "4711")

    def test_handshake_refuses_every_missing_or_wrong_part(self):
        good = {**make_client().sign(), "echostr": "4711"}
        for name in good:
            with self.subTest(missing=name), self.assertRaises(VerificationError):
                make_provider().answer_handshake({**good, name: ""})
        for name in ("signature", "timestamp", "nonce"):
            with self.subTest(wrong=name), self.assertRaises(VerificationError):
                make_provider().answer_handshake({**good, name: good[name] + "1"})
        with self.assertRaises(VerificationError):
            make_provider().answer_handshake({**good, "signature": "é\udcff"})

    def test_account_without_token_accepts_nobody(self):
        params, body = make_client("plain", token="").build("<xml/>")
        with self.assertRaises(VerificationError):
            make_provider("plain", token="").open_envelope(params, body)

    def test_old_and_future_requests_are_refused(self):
        now = 1_800_000_000
        provider = make_provider(replay_window=600, clock=lambda: now)
        for age, accepted in ((0, True), (600, True), (601, False), (-600, True), (-601, False)):
            params, body = make_client().build("<xml/>", timestamp=now - age)
            with self.subTest(age=age):
                if accepted:
                    self.assertEqual(provider.open_envelope(params, body), "<xml/>")
                else:
                    with self.assertRaises(VerificationError):
                        provider.open_envelope(params, body)
        params, body = make_client().build("<xml/>", timestamp=1)
        make_provider(replay_window=0).open_envelope(params, body)

    # === MODES === #

    def test_each_mode_reads_its_own_envelope(self):
        for mode in ("plain", "safe", "compat"):
            with self.subTest(mode=mode):
                client = make_client(mode)
                payload = client.text("o1", "你好")
                opened = make_provider(mode).open_envelope(*client.build(payload))
                self.assertEqual(opened, payload)

    def test_encrypting_account_refuses_plain_messages(self):
        """A signature over token, time and nonce says nothing about the body."""
        for mode in ("safe", "compat"):
            params, body = make_client("plain").build("<xml/>")
            with self.subTest(mode=mode), self.assertRaises(VerificationError):
                make_provider(mode).open_envelope(params, body)

    def test_plain_account_refuses_encrypted_messages(self):
        params, body = make_client("safe").build("<xml/>")
        with self.assertRaises(VerificationError):
            make_provider("plain").open_envelope(params, body)

    def test_compatible_mode_believes_the_cipher_text_only(self):
        client = make_client("compat")
        payload = client.text("o1", "true")
        params, body = client.build(payload)
        body = body.replace(b"<Content><![CDATA[true]]>", b"<Content><![CDATA[false]]>")
        self.assertEqual(make_provider("compat").open_envelope(params, body), payload)

    # === CIPHER === #

    @settings(max_examples=50, deadline=None)
    @given(TEXTS)
    def test_round_trip(self, text):
        sealed = wechat_crypto.encrypt(AES_KEY, APP_ID, text)
        self.assertEqual(wechat_crypto.decrypt(AES_KEY, APP_ID, sealed), text)

    @settings(max_examples=200, deadline=None)
    @given(st.data())
    def test_corrupted_cipher_text_is_one_error(self, data):
        raw = bytearray(base64.b64decode(encrypt(AES_KEY, APP_ID, "<xml>secret</xml>")))
        position = data.draw(st.integers(0, len(raw) - 1))
        raw[position] ^= data.draw(st.integers(1, 255))
        cut = data.draw(st.sampled_from((len(raw), len(raw) - 1, 16, 0)))
        sealed = base64.b64encode(bytes(raw[:cut])).decode()
        try:
            opened = wechat_crypto.decrypt(AES_KEY, APP_ID, sealed)
        except VerificationError:
            return
        # A flipped bit in the random prefix, or in the text's own block, may decrypt: the
        # signature over the cipher text is what refuses it.
        self.assertIsInstance(opened, str)

    @settings(max_examples=200, deadline=None)
    @given(
        st.text(max_size=80) | st.binary(max_size=200).map(lambda b: base64.b64encode(b).decode())
    )
    def test_any_text_as_cipher_text_is_one_error(self, sealed):
        with self.assertRaises(VerificationError):
            wechat_crypto.decrypt(AES_KEY, APP_ID, sealed)

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def test_flipped_byte_of_a_signed_request_is_refused(self, data):
        client = make_client()
        params, body = client.build(client.text("o1", "hello"))
        start = body.index(b"CDATA[", body.index(b"<Encrypt>")) + 6
        position = data.draw(st.integers(start, body.index(b"]]></Encrypt>") - 1))
        flipped = bytearray(body)
        flipped[position] ^= 1
        with self.assertRaises((VerificationError, MalformedError)):
            make_provider().open_envelope(params, bytes(flipped))

    def test_message_for_another_account_is_refused(self):
        client = make_client(app_id="wxffffffffffffffff")
        with self.assertRaises(VerificationError):
            make_provider().open_envelope(*client.build("<xml/>"))

    def test_lying_length_and_padding_are_refused(self):
        crypto = PrpCrypto(wechat_crypto.decode_aes_key(AES_KEY))

        def seal(plain):
            return base64.b64encode(crypto.cipher.encrypt(plain)).decode()

        text = b"<xml/>"
        body = b"r" * 16 + struct.pack(">I", 999) + text + APP_ID.encode()
        padding = 32 - len(body) % 32
        lies = {
            "length": body + bytes([padding]) * padding,
            "padding": body[:-1] + b"\x00" * (padding + 1),
            "short": b"\x20" * 16,
        }
        for name, plain in lies.items():
            with self.subTest(name), self.assertRaises(VerificationError):
                wechat_crypto.decrypt(AES_KEY, APP_ID, seal(plain))

    def test_bad_key_is_named(self):
        for key in ("", "x" * 42, "x" * 44, "!" * 43):
            with self.subTest(key=key), self.assertRaises(ValueError):
                wechat_crypto.decode_aes_key(key)

    # === XML === #

    def test_xml_bombs_and_junk_are_malformed(self):
        bomb = (
            '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
            '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><Content>&c;</Content></xml>'
        )
        external = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><a>&a;</a></xml>'
        for name, junk in {
            "bomb": bomb,
            "external": external,
            "doctype": "<!DOCTYPE xml><xml><a>1</a></xml>",
            "empty": "",
            "text": "success",
            "open": "<xml><a>",
            "entity": "<xml>&undefined;</xml>",
            "large": f"<xml><a>{'x' * 300_000}</a></xml>",
            "nul": "<xml><a>\x00</a></xml>",
        }.items():
            with self.subTest(name), self.assertRaises(MalformedError):
                read_flat_xml(junk)

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=300))
    def test_any_bytes_are_read_or_malformed(self, junk):
        try:
            self.assertIsInstance(read_flat_xml(junk), dict)
        except MalformedError:
            return

    def test_encoding_declaration_in_text_is_malformed_not_an_error(self):
        payload = '<?xml version="1.0" encoding="UTF-16"?><xml><a>1</a></xml>'
        with self.assertRaises(MalformedError):
            read_flat_xml(payload)

    # === PARSE === #

    def test_text_message(self):
        payload = build_xml(
            {
                "ToUserName": "gh_1",
                "FromUserName": "o1",
                "CreateTime": 1_700_000_000,
                "MsgType": "text",
                "Content": "<b>你好</b>",
                "MsgId": 42,
            }
        )
        inbound = make_provider().parse(payload)
        self.assertEqual(
            (inbound.kind, inbound.type, inbound.sender, inbound.text, inbound.external_id),
            ("message", "text", "o1", "<b>你好</b>", "42"),
        )
        self.assertEqual(str(inbound.occurred_at), "2023-11-14 22:13:20")
        self.assertEqual(inbound.dedupe_key, "msg:42:o1")

    def test_an_event_is_placed_within_the_second_told(self):
        told = datetime(2026, 3, 2, 8, 0, 0)
        payload = make_client().text("o1", "x")
        inbound = replace(make_provider().parse(payload), occurred_at=told)
        for received, expected in (
            (told - timedelta(seconds=5), told),
            (told, told),
            (told.replace(microsecond=600000), told.replace(microsecond=600000)),
            (told + timedelta(hours=2), told.replace(microsecond=999999)),
        ):
            with self.subTest(received=received):
                self.assertEqual(expected, inbound.place(received).occurred_at)

    def test_every_other_kind_can_be_read(self):
        client = make_client()
        for kind, more, expected in (
            ("image", {"PicUrl": "http://x/y", "MediaId": "m1"}, ""),
            ("voice", {"MediaId": "m2", "Recognition": "漏水"}, "漏水"),
            (
                "location",
                {"Location_X": "22.5", "Location_Y": "114.0", "Label": "福田"},
                "福田 (22.5, 114.0)",
            ),
            ("link", {"Title": "T", "Description": "D", "Url": "http://u"}, "T D http://u"),
            ("never_seen", {}, ""),
        ):
            with self.subTest(kind=kind):
                inbound = make_provider().parse(client.message("o1", kind, **more))
                self.assertEqual(inbound.text, expected)
                self.assertEqual(inbound.media_id, more.get("MediaId", ""))

    def test_events_of_one_second_are_told_apart_and_repeats_are_not(self):
        provider = make_provider()

        def key(event, event_key):
            values = {
                "ToUserName": "gh_1",
                "FromUserName": "o1",
                "CreateTime": 1_700_000_000,
                "MsgType": "event",
                "Event": event,
                "EventKey": event_key,
            }
            return provider.parse(build_xml(values)).dedupe_key

        self.assertEqual(key("CLICK", "A"), key("CLICK", "A"))
        self.assertEqual(len({key("CLICK", "A"), key("CLICK", "B"), key("VIEW", "A")}), 3)

    def test_incomplete_payloads_are_malformed(self):
        good = {"FromUserName": "o1", "CreateTime": 1, "MsgType": "text"}
        for name in good:
            with self.subTest(missing=name), self.assertRaises(MalformedError):
                make_provider().parse(build_xml({**good, name: ""}))
        for bad in ({"CreateTime": "x"}, {"CreateTime": "9" * 30}, {"FromUserName": "o" * 500}):
            with self.subTest(bad=bad), self.assertRaises(MalformedError):
                make_provider().parse(build_xml({**good, **bad}))

    def test_reply_windows(self):
        provider, client = make_provider(), make_client()
        message = provider.parse(client.text("o1", "hi"))
        click = provider.parse(client.event("o1", "CLICK", EventKey="K"))
        view = provider.parse(client.event("o1", "VIEW", EventKey="http://u"))
        self.assertEqual(provider.get_reply_window(message), ReplyWindow(172_800, 5))
        self.assertEqual(provider.get_reply_window(click), ReplyWindow(60, 3))
        self.assertIsNone(provider.get_reply_window(view))

    def test_signature_is_sha1_over_the_sorted_parts(self):
        """A fixed digest: were client and provider wrong alike, the other tests would pass."""
        digest = "f43b4a6571a6552356f482636e5a77e7fa33dcc9"
        self.assertEqual(wechat_crypto.compute_signature("xxxxxx", "token", "1409304348"), digest)
        self.assertEqual(sha1_of_sorted("token", "1409304348", "xxxxxx"), digest)
