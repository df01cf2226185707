"""What the tests of notices share: an import that is about a customer, and rules about it."""

from odoo.fields import Command

from .common import ScrmCase


class NoticeCase(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["scrm.notice.rule"].search([]).active = False
        cls.operator = cls._make_user("notice.operator", "scrm_base.group_scrm_base_operator")
        cls.manager = cls._make_user("notice.manager", "scrm_base.group_scrm_base_manager")
        cls.customer = cls._make_customer("Ms Chen", "13826001001", "chen@example.com")
        cls.record = cls._make_record("list.xls")
        cls._is_about(cls.customer, cls.classPatch)

    @classmethod
    def _make_record(cls, name):
        return cls.env["scrm.customer.import"].with_user(cls.operator).create({"name": name})

    @classmethod
    def _is_about(cls, customer, patch):
        """Say whom imports are about: by themselves they are about nobody."""
        patch(
            cls.env.registry["scrm.customer.import"],
            "_notice_get_customer",
            lambda record: customer.with_env(record.env),
        )

    @classmethod
    def _list_media(cls, *media):
        return [
            Command.create({"sequence": place, "medium": medium})
            for place, medium in enumerate(media)
        ]

    @classmethod
    def _make_rule(cls, *media, **vals):
        return cls.env["scrm.notice.rule"].create(
            {
                "name": "Test",
                "model_id": cls.env["ir.model"]._get_id("scrm.customer.import"),
                "event": "cancel",
                "medium_ids": cls._list_media(*(media or ("email",))),
                "subject": "About {{ object.name }}",
                "body": "{{ object.name }} was stopped.",
                **vals,
            }
        )

    def _raise_event(self, record=None):
        return self.env["scrm.notice.rule"]._raise_event(record or self.record, "cancel")
