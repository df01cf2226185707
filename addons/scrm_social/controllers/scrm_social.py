"""The door for the platforms' callbacks."""

import logging
import re

from werkzeug.exceptions import BadRequest, Forbidden, NotFound

from odoo import http
from odoo.http import request

from ..providers.errors import MalformedError, VerificationError
from ..providers.xml_reader import MAX_XML_BYTES

_logger = logging.getLogger(__name__)

UUID_RE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ScrmWebhook(http.Controller):
    """Verify, store, answer: nothing else happens while the platform waits."""

    @http.route(
        "/scrm/wechat/<string:callback_uuid>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_XML_BYTES,
    )
    def wechat(self, callback_uuid: str, **_params):
        if not UUID_RE.fullmatch(callback_uuid):
            raise NotFound()
        # sudo: the platform has no user; its signature is checked before anything is believed
        channel = (
            request.env["scrm.channel"]
            .sudo()
            .search([("callback_uuid", "=", callback_uuid), ("provider", "=", "wechat_oa")])
        )
        if not channel:
            raise NotFound()
        query = request.httprequest.args
        try:
            if request.httprequest.method == "GET":
                return self._answer(channel._get_provider().answer_handshake(query))
            self._receive(channel, query, request.httprequest.get_data())
        except VerificationError as error:
            _logger.info("scrm.channel %s: callback refused: %s", channel.id, error)
            raise Forbidden() from error
        except MalformedError as error:
            _logger.info("scrm.channel %s: callback not readable: %s", channel.id, error)
            raise BadRequest() from error
        return self._answer("success")

    def _receive(self, channel, query, body: bytes) -> None:
        provider = channel._get_provider()
        payload = provider.open_envelope(query, body)
        request.env["scrm.webhook.event"].sudo()._store(channel, provider.parse(payload), payload)

    def _answer(self, text: str):
        return request.make_response(
            text,
            headers=[
                ("Content-Type", "text/plain; charset=utf-8"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
