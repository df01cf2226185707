from odoo.fields import Command

from odoo.addons.scrm_base.tests.common import ScrmCase

GROUP = "scrm_service.group_scrm_service_%s"


class ServiceCase(ScrmCase):
    """A company with an outlet, its stock and its people, and the ready repair template."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dispatcher = cls._make_user("t_dispatcher", GROUP % "agent")
        cls.technician = cls._make_user("t_technician", GROUP % "technician")
        cls.manager = cls._make_user("t_manager", GROUP % "manager")
        cls.foreigner = cls._make_user("t_foreigner", GROUP % "agent", company=cls.company_other)
        cls.dealer = cls._make_partner(name="Dealer", is_company=True)
        cls.partner = cls._make_partner(name="Ms Chen", email="chen@example.com")
        cls.template = cls.env.ref("scrm_service.template_repair")
        cls.site = cls.env["scrm.service.site"].create(
            {
                "name": "Futian",
                "company_id": cls.company.id,
                "partner_id": cls.dealer.id,
                "user_ids": [Command.link(cls.technician.id)],
            }
        )
        cls.filter, cls.membrane, cls.purifier = cls.env["product.product"].create(
            [
                {"name": "Filter", "is_storable": True, "tracking": "none"},
                {"name": "Membrane", "is_storable": True, "tracking": "lot"},
                {"name": "Purifier", "is_storable": True, "tracking": "serial"},
            ]
        )
        cls.visit = cls.env["product.product"].create({"name": "Visit", "type": "service"})
        cls.node = {node.code: node for node in cls.template.node_ids.with_context(lang="en_US")}

    @classmethod
    def _stock(cls, product, quantity, lot=None, location=None):
        """Put goods on the outlet's shelves."""
        cls.env["stock.quant"]._update_available_quantity(
            product, location or cls.site.location_id, quantity, lot_id=lot
        )

    @classmethod
    def _make_lot(cls, product, name):
        return cls.env["stock.lot"].create(
            {"name": name, "product_id": product.id, "company_id": cls.company.id}
        )

    @classmethod
    def _make_ticket(cls, user=None, **vals):
        tickets = cls.env["scrm.service.ticket"].with_user(user or cls.env.user)
        return tickets.create(
            {
                "name": "Water is leaking",
                "template_id": cls.template.id,
                "partner_id": cls.partner.id,
                "company_id": cls.company.id,
                **vals,
            }
        )

    @classmethod
    def _make_ticket_on_site(cls, **vals):
        """Return a ticket that the technician works on, as the technician."""
        ticket = cls._make_ticket(site_id=cls.site.id, user_id=cls.technician.id, **vals)
        ticket._move_along("dispatch")
        ticket._move_along("on_site")
        return ticket.with_user(cls.technician)

    @classmethod
    def _make_part(cls, ticket, product, quantity=1.0, **vals):
        return (
            cls.env["scrm.service.part"]
            .with_user(ticket.env.user)
            .create(
                {"ticket_id": ticket.id, "product_id": product.id, "quantity": quantity, **vals}
            )
        )

    @classmethod
    def _get_quantity(cls, product, location=None, lot=None):
        """Return what the outlet has of a product."""
        domain = [
            ("location_id", "child_of", (location or cls.site.location_id).id),
            ("product_id", "=", product.id),
        ]
        if lot:
            domain.append(("lot_id", "=", lot.id))
        return sum(cls.env["stock.quant"].search(domain).mapped("quantity"))
