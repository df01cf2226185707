"""One token for all workers, one refresh when it runs out or is refused."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..providers import errors
from .common import SECRET, SocialCase

TOKEN_CALL = "/cgi-bin/stable_token"
HARMLESS = "/cgi-bin/getcallbackip"


@tagged("post_install", "-at_install")
class TestToken(SocialCase):
    def _call(self):
        return self.channel._get_api().get_callback_ips()

    def _stats(self):
        return self.stand_in.state.stats

    def test_token_is_fetched_once_and_kept(self):
        for _call in range(3):
            self._call()
        self.assertEqual(self._stats(), {TOKEN_CALL: 1, HARMLESS: 3})
        token = self.env["scrm.channel.token"].search([("channel_id", "=", self.channel.id)])
        self.assertEqual(token.refresh_count, 1)

    def test_token_near_its_end_is_renewed(self):
        self._call()
        self.env.cr.execute(
            "UPDATE scrm_channel_token SET expires_at = now() AT TIME ZONE 'UTC'"
            " + interval '4 minutes' WHERE channel_id = %s",
            (self.channel.id,),
        )
        self._call()
        self.assertEqual(self._stats()[TOKEN_CALL], 2)

    def test_refused_token_is_renewed_once_and_the_call_repeated(self):
        for code in (40001, 42001, 40014):
            self._call()
            self.stand_in.state.fail = {HARMLESS: [code]}
            before = dict(self._stats())
            with self.subTest(code=code):
                self._call()
                self.assertEqual(self._stats()[HARMLESS] - before[HARMLESS], 2)
                # the platform first repeats the refused token, so it is asked once more, firmly
                self.assertLessEqual(self._stats()[TOKEN_CALL] - before[TOKEN_CALL], 2)

    def test_another_workers_renewal_is_used(self):
        old = self.channel._get_access_token()
        renewed = self.channel._get_access_token(rejected=old)
        self.assertNotEqual(renewed, old)
        count = self._stats()[TOKEN_CALL]
        self.assertEqual(self.channel._get_access_token(rejected=old), renewed)
        self.assertEqual(self._stats()[TOKEN_CALL], count)

    def test_token_refused_for_ever_ends(self):
        self.stand_in.state.fail = {HARMLESS: [40001] * 50}
        with self.assertRaises(errors.TokenRejected):
            self._call()
        self.assertEqual(self._stats()[HARMLESS], 2)
        self.assertLessEqual(self._stats()[TOKEN_CALL], 3)

    def test_connection_test_says_what_is_wrong(self):
        action = self.channel.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        self.stand_in.state.secret = "another"
        self.env["scrm.channel.token"].search([]).sudo().unlink()
        with self.assertRaisesRegex(UserError, "App ID, secret"):
            self.channel.action_test_connection()
        self.channel.api_base_url = "http://127.0.0.1:9"
        with self.assertRaisesRegex(UserError, "cannot be reached") as caught:
            self.channel.action_test_connection()
        self.assertNotIn(SECRET, str(caught.exception))
