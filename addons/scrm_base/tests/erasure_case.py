from base64 import b64encode

from .common import ScrmCase


class ErasureCase(ScrmCase):
    """One person with something in every table, and a neighbour who must not be touched."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = cls._make_user("erasure.officer", "scrm_base.group_scrm_base_privacy")
        cls.second = cls._make_user("erasure.second", "scrm_base.group_scrm_base_privacy")
        cls.partner = cls._make_partner(
            name="Zhao Xiaolan", phone="139 8877 6655", email="Zhao.Xiaolan@example.com"
        )
        cls.identity = cls.partner._scrm_ensure_identity()
        cls.openid = cls._make_identity(
            "openid", "oZhao-Xiaolan_0001", name="小兰 Zhao Xiaolan", scope="oa:test"
        )
        cls.identity._attach(cls.openid, rule="manual", evidence={"said": "Zhao Xiaolan here"})
        cls.customer = cls.identity.customer_id
        cls.neighbour = cls._make_customer("Neighbour", "13988776644", "joann@example.com")
        cls._leave_traces()

    @classmethod
    def _leave_traces(cls):
        """Write something about the person into every table that can hold it."""
        env = cls.env
        cls.customer.name = "Ms Zhao Xiaolan"
        cls.customer._set_stage("customer", "Zhao Xiaolan ordered")
        env["scrm.interaction"]._record(
            [
                {
                    "identity_id": identity.id,
                    "kind": "note",
                    "summary": summary,
                    "dedupe_key": f"test:erasure:{identity.value}",
                    "record": cls.customer,
                    "payload": {"from": "oZhao-Xiaolan_0001", "phone": "+8613988776655"},
                }
                for identity, summary in (
                    (cls.openid, "Zhao Xiaolan called from 13988776655"),
                    (cls.neighbour.identity_ids[0], "Call Ms Z. back: 139-8877-6655, not ...6644"),
                )
            ]
        )
        env["scrm.consent"]._give(cls.openid, "marketing", note="Zhao Xiaolan agreed", proof="call")
        cls.customer.action_unmask()
        env["scrm.outbox"]._post(
            [
                {
                    "medium": "email",
                    "idem_key": "test:erasure:zhao.xiaolan@example.com",
                    "identity_id": cls.customer._get_identity("email").id,
                    "subject": "Dear Zhao Xiaolan",
                    "body": "Your number is 13988776655",
                    "payload": {"to": "zhao.xiaolan@example.com"},
                }
            ]
        )
        rows = "姓名,手机,邮箱\nZhao Xiaolan,139 8877 6655,\nNeighbour,13988776644,\n"
        cls.imported = env["scrm.customer.import"].create(
            {"file": b64encode(rows.encode()), "filename": "list.csv"}
        )
        cls.imported.action_preview()
        cls.imported.action_start()
        cls.imported._run_batch()
        cls.lead = env["crm.lead"].create(
            {
                "name": "Zhao Xiaolan's kitchen",
                "partner_id": cls.partner.id,
                "company_id": cls.company.id,
            }
        )
        cls._leave_traces_in_profile()
        env.flush_all()

    @classmethod
    def _leave_traces_in_profile(cls):
        """Write of the person where the company sorts, groups and compares its customers."""
        env = cls.env
        phone = cls.customer._get_identity("phone")
        neighbour = cls.neighbour.identity_ids[0]
        env["scrm.match.candidate"]._propose(
            [
                {
                    "left_id": phone.id,
                    "right_id": neighbour.id,
                    "rule": "similar",
                    "field_weights": [{"field": "name", "left": "Zhao Xiaolan", "right": "N."}],
                    "evidence": {"said": "Xiaolan is the neighbour"},
                }
            ]
        )
        env["scrm.identity.block"].create({"id_type": "phone", "value": "+8613988776655"})
        cls.tag = env["scrm.tag"].create({"name": "Test tag"})
        env["scrm.tag.assign"]._assign(
            [
                {"identity_id": phone.id, "tag_id": cls.tag.id, "reference": "call:13988776655"},
                {"identity_id": neighbour.id, "tag_id": cls.tag.id, "reference": "13988776655"},
            ]
        )
        cls.household, cls.club = env["scrm.circle"].create(
            [
                {"name": "Zhao's household", "kind": "household", "note": "Xiaolan decides"},
                {"name": "Running club", "kind": "interest", "note": "Ask 139 8877 6655"},
            ]
        )
        env["scrm.circle.member"].create(
            [
                {"circle_id": circle.id, "identity_id": identity.id, "role": role}
                for circle in cls.household | cls.club
                for identity, role in ((phone, "Zhao's own"), (neighbour, "Friend"))
            ]
        )
        cls.segment = env["scrm.segment"].create(
            {"name": "Test segment", "domain": "[('handle_search', 'ilike', '13988776655')]"}
        )
        cls.segment._refresh_members()
        env["scrm.metric"]._refresh(cls.company)
        env["scrm.quality.issue"]._insert(
            [(cls.company.id, "shared_phone", cls.partner.id, "Zhao ***", "Zhao *** #1")]
        )

    def _make_request(self, **vals):
        request = (
            self.env["scrm.privacy.request"]
            .with_user(self.officer)
            .create(
                {
                    "kind": "erasure",
                    "customer_id": self.customer.id,
                    "requester": "Zhao Xiaolan by phone",
                    **vals,
                }
            )
        )
        request.action_start()
        return request

    def _confirm(self, request, user=None, word=None):
        wizard = (
            self.env["scrm.erasure.confirm"]
            .with_user(user or self.officer)
            .create({"request_id": request.id, "word": word or str(request.id)})
        )
        wizard.action_confirm()
        return wizard


TRACES = ("zhao", "xiaolan", "13988776655", "8877-6655", "8877 6655", "小兰")
