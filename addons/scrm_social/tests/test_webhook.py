"""The door: what is let in, what is refused, and that a refusal leaves nothing behind."""

import http.client
import time
from urllib.parse import urlencode, urlsplit

from odoo.exceptions import UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tests.common import TEST_CURSOR_COOKIE_NAME, release_test_lock
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tests.common import ScrmCase

from .common import SocialMixin

QUIET = "odoo.addons.scrm_social.controllers.scrm_social"


@tagged("post_install", "-at_install")
class TestWebhook(SocialMixin, ScrmCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_social()
        cls.path = urlsplit(cls.channel.callback_url).path

    def _post(self, params, body, path=None, headers=None):
        return self.url_open(
            f"{path or self.path}?{urlencode(params)}",
            data=body,
            headers={"Content-Type": "text/xml", **(headers or {})},
        )

    def _count(self):
        return self.events.search_count([("channel_id", "=", self.channel.id)])

    def _assert_refused(self, response, *statuses):
        self.assertIn(response.status_code, statuses)
        self.assertEqual(self._count(), 0, "a refused callback leaves no row")

    # === HANDSHAKE === #

    def test_handshake(self):
        params = {**self.client.sign(), "echostr": "<b>4711</b>"}
        response = self.url_open(f"{self.path}?{urlencode(params)}")
        self.assertEqual((response.status_code, response.text), (200, "<b>4711</b>"))
        self.assertTrue(response.headers["Content-Type"].startswith("text/plain"))
        self.assertNotIn("Set-Cookie", response.headers)
        params["signature"] = "0" * 40
        with mute_logger(QUIET):
            self._assert_refused(self.url_open(f"{self.path}?{urlencode(params)}"), 403)

    def test_unknown_address(self):
        params, body = self.client.build(self.client.text("o1", "hi"))
        for path in ("/scrm/wechat/none", "/scrm/wechat/%00", "/scrm/wechat/%FF%FE"):
            with self.subTest(path):
                self._assert_refused(self._post(params, body, path=path), 404)
        self.channel.active = False
        self._assert_refused(self._post(params, body), 404)

    # === ACCEPTED === #

    def test_safe_message_is_stored_once_with_its_job(self):
        payload = self.client.text("o1", "你好")
        for _repeat in range(3):  # a new nonce and a new cipher text each time
            response = self._post(*self.client.build(payload))
            self.assertEqual((response.status_code, response.text), (200, "success"))
        event = self.events.search([("channel_id", "=", self.channel.id)])
        self.assertRecordValues(
            event,
            [
                {
                    "state": "new",
                    "payload": payload,
                    "serial_key": "o1",
                    "event_type": "message/text",
                    "company_id": self.company.id,
                }
            ],
        )
        jobs = self.env["queue.job"].search([("model_name", "=", "scrm.webhook.event")])
        self.assertEqual(len(jobs), 1)

    def test_plain_and_compatible_messages(self):
        for mode in ("plain", "compat"):
            self.channel.encryption_mode = self.client.mode = mode
            self.addCleanup(setattr, self.client, "mode", "safe")
            response = self._post(*self.client.build(self.client.text("o1", mode)))
            self.assertEqual((response.status_code, response.text), (200, "success"))
        self.assertEqual(self._count(), 2)

    def test_repeated_request_byte_for_byte_has_no_effect(self):
        params, body = self.client.build(self.client.text("o1", "hi"))
        for _repeat in range(4):
            self.assertEqual(self._post(params, body).status_code, 200)
        self.assertEqual(self._count(), 1)

    # === REFUSED === #

    @mute_logger(QUIET)
    def test_forged_signature(self):
        params, body = self.client.build(self.client.text("o1", "hi"))
        for name in ("msg_signature", "nonce", "timestamp"):
            with self.subTest(forged=name):
                self._assert_refused(self._post({**params, name: "1" * 10}, body), 403)
            with self.subTest(missing=name):
                rest = {key: value for key, value in params.items() if key != name}
                self._assert_refused(self._post(rest, body), 403)
        self._assert_refused(self._post({}, body), 403)

    @mute_logger(QUIET)
    def test_old_request_played_back(self):
        params, body = self.client.build(
            self.client.text("o1", "hi"), timestamp=int(time.time()) - 3600
        )
        self._assert_refused(self._post(params, body), 403)

    @mute_logger(QUIET)
    def test_wrong_account_and_flipped_byte(self):
        payload = self.client.text("o1", "hi")
        other = self._make_client(self.channel)
        other.app_id = "wxffffffffffffffff"
        self._assert_refused(self._post(*other.build(payload)), 403)
        params, body = self.client.build(payload)
        start = body.index(b"CDATA[", body.index(b"<Encrypt>")) + 6
        for position in (start, start + 40, body.index(b"]]></Encrypt>") - 3):
            flipped = bytearray(body)
            flipped[position] ^= 1
            with self.subTest(position=position):
                self._assert_refused(self._post(params, bytes(flipped)), 400, 403)

    @mute_logger(QUIET)
    def test_plain_message_to_an_encrypting_account(self):
        self.client.mode = "plain"
        self.addCleanup(setattr, self.client, "mode", "safe")
        self._assert_refused(self._post(*self.client.build(self.client.text("o1", "x"))), 403)

    @mute_logger(QUIET)
    def test_xml_bombs_sealed_and_open(self):
        bomb = (
            '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
            '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><FromUserName>&c;</FromUserName>'
            "<CreateTime>1</CreateTime><MsgType>text</MsgType></xml>"
        )
        params, sealed = self.client.build(bomb)
        self._assert_refused(self._post(params, sealed), 400)
        self._assert_refused(self._post(params, bomb.encode()), 400)

    @mute_logger(QUIET)
    def test_junk_never_ends_in_500(self):
        params, body = self.client.build(self.client.text("o1", "hi"))
        for junk in (b"", b"\x00", b"\xff\xfe", b"<xml>", b"{}", body[:-20], body * 2):
            with self.subTest(junk=junk[:20]):
                self._assert_refused(self._post(params, junk), 400, 403)
        for more in ({"callback_uuid": "x"}, {"encrypt_type": "rsa"}, {"nonce": "\x00"}):
            with self.subTest(more=more):
                status = self._post({**params, "msg_signature": "0", **more}, body).status_code
                self.assertIn(status, (400, 403, 404))
        response = self._post(
            params, "a=1", headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        self._assert_refused(response, 400, 403)
        for method in ("PUT", "DELETE"):
            status = self.opener.request(
                method, f"{self.base_url()}{self.path}", timeout=12
            ).status_code
            self.assertEqual(status, 405)
        for payload in ("<xml/>", "not xml", "<xml><FromUserName>o1</FromUserName></xml>"):
            with self.subTest(payload=payload):
                self._assert_refused(self._post(*self.client.build(payload)), 400)

    def _open_post(self):
        """Begin a request by hand, to see what the server does before the body is there."""
        parts = urlsplit(self.base_url())
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=12)
        self.addCleanup(connection.close)
        params, _body = self.client.build("<xml/>")
        connection.putrequest("POST", f"{self.path}?{urlencode(params)}")
        connection.putheader("Cookie", f"{TEST_CURSOR_COOKIE_NAME}={self.http_request_key}")
        connection.putheader("Content-Type", "text/xml")
        return connection

    @mute_logger(QUIET)
    def test_ten_megabytes_are_refused_unread(self):
        """413 comes after the headers: of ten megabytes hardly anything was sent by then."""
        connection = self._open_post()
        connection.putheader("Content-Length", str(10 * 1024 * 1024))
        with release_test_lock():
            connection.endheaders(b"<xml>")
            response = connection.getresponse()
        self.assertEqual(response.status, 413)
        self.assertEqual(self._count(), 0)

    @mute_logger(QUIET)
    def test_ten_megabytes_in_pieces_are_cut_off(self):
        connection = self._open_post()
        connection.putheader("Transfer-Encoding", "chunked")
        piece = b"<a>" + b"x" * 65_000
        sent = 0
        with release_test_lock():
            connection.endheaders()
            try:
                for _piece in range(160):
                    connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
                    sent += len(piece)
                connection.send(b"0\r\n\r\n")
                status = connection.getresponse().status
            except ConnectionError:
                status = 413  # the server hung up before all of it was sent
        self.assertIn(status, (400, 403, 413), f"after {sent} bytes")
        self.assertEqual(self._count(), 0)

    # === SETTINGS === #

    def test_settings_that_cannot_work_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "EncodingAESKey"):
            self.channel.aes_key = "short"
        with self.assertRaisesRegex(ValidationError, "API address"):
            self.channel.api_base_url = "ftp://x"
        self._say("hello")
        with self.assertRaisesRegex(UserError, "has conversations"):
            self.channel.app_id = "another"
        self.channel.write({"app_id": self.channel.app_id})
