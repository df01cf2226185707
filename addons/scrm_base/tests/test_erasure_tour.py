from odoo.tests import HttpCase, tagged

from .erasure_case import TRACES, ErasureCase


@tagged("post_install", "-at_install")
class TestErasureTour(ErasureCase, HttpCase):
    def test_an_officer_erases_a_person(self):
        self.officer.password = "erasure.officer"
        request = (
            self.env["scrm.privacy.request"]
            .with_user(self.officer)
            .create({"kind": "erasure", "customer_id": self.customer.id})
        )
        self.start_tour(
            f"/odoo/action-scrm_base.scrm_privacy_request_action/{request.id}",
            "scrm_base_erasure",
            login="erasure.officer",
            timeout=180,
        )
        self.assertEqual("done", request.state)
        self.assertEqual([], self._find_traces(*TRACES))
