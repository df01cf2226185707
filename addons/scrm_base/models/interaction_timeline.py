"""The timeline as the pages show it: page by page, newest first."""

from uuid import uuid4

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

PAGE = 30
PAGE_MAX = 200
NOTE_MAX = 1000

# What a kind looks like: group of the filter, icon, colour (of Bootstrap's).
LOOKS = {
    "message_in": ("messages", "fa-comment", "success"),
    "message_out": ("messages", "fa-reply", "info"),
    "order": ("orders", "fa-shopping-cart", "primary"),
    "delivery": ("deliveries", "fa-truck", "primary"),
    "invoice": ("invoices", "fa-file-text-o", "warning"),
    "payment": ("invoices", "fa-credit-card", "success"),
    "ticket": ("service", "fa-wrench", "danger"),
    "rating": ("service", "fa-star", "warning"),
    "points": ("points", "fa-diamond", "info"),
    "tier": ("points", "fa-trophy", "warning"),
    "visit": ("visits", "fa-map-marker", "secondary"),
    "mail": ("mails", "fa-envelope-o", "info"),
    "note": ("notes", "fa-pencil", "dark"),
}
OTHER_LOOK = ("other", "fa-circle-o", "secondary")


class ScrmInteraction(models.Model):
    _inherit = "scrm.interaction"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _timeline_get_groups(self):
        """Return {group of kinds: label} in the order of the filters."""
        return {
            "orders": self.env._("Orders"),
            "invoices": self.env._("Invoices"),
            "deliveries": self.env._("Deliveries"),
            "messages": self.env._("Messages"),
            "service": self.env._("Service"),
            "points": self.env._("Points"),
            "visits": self.env._("Visits"),
            "mails": self.env._("Mails"),
            "notes": self.env._("Notes"),
            "other": self.env._("Other"),
        }

    @api.model
    def _timeline_get_look(self, kind):
        """Return (group, icon, colour) of a kind; an addon with kinds of its own extends it."""
        return LOOKS.get(kind, OTHER_LOOK)

    @api.model
    @api.readonly
    def read_timeline(self, customer_id, groups=(), text="", before_id=False, limit=PAGE):
        """Return a page of a customer's timeline, with the reader's rights, as plain values.

        The next page begins below the last entry shown, by (when, number): what happens
        meanwhile moves nothing, and the hundredth page costs as much as the first.

        :param int customer_id: scrm.customer
        :param groups: groups of kinds that are wanted, all by default
        :param str text: what the sentence contains
        :param int before_id: last entry shown, False for the first page
        :return: {"entries": [...], "has_more": bool} and, of the first page, "groups" (those
            with entries, how many) and "can_note"
        """
        limit = max(1, min(int(limit), PAGE_MAX))
        kinds = [kind for kind, _label in self._fields["kind"]._description_selection(self.env)]
        domain = Domain("customer_id", "=", customer_id)
        if groups:
            wanted = [kind for kind in kinds if self._timeline_get_look(kind)[0] in groups]
            domain &= Domain("kind", "in", wanted)
        if text:
            domain &= Domain("summary", "ilike", text)
        rows = self._timeline_search(domain, customer_id, before_id, limit + 1)
        page = {
            "entries": rows[:limit]._timeline_read(),
            "has_more": len(rows) > limit,
        }
        if not before_id:
            page["groups"] = self._timeline_count_groups(customer_id)
            page["can_note"] = self._timeline_can_note()
        return page

    @api.model
    def _timeline_search(self, domain, customer_id, before_id, limit):
        """Return the newest entries below another one, in the rights of the reader."""
        query = self._search(domain, order="occurred_at DESC, id DESC", limit=limit)
        if before_id:
            # Compared in the database: it knows microseconds, which values sent out have lost.
            query.add_where(
                SQL(
                    "(%s, %s) < (SELECT b.occurred_at, b.id FROM scrm_interaction b"
                    " WHERE b.id = %s AND b.customer_id = %s)",
                    SQL.identifier(self._table, "occurred_at"),
                    SQL.identifier(self._table, "id"),
                    before_id,
                    customer_id,
                )
            )
        names = ["kind", "summary", "occurred_at", "res_model", "res_id", "user_id", "company_id"]
        return self._fetch_query(query, [self._fields[name] for name in names])

    def _timeline_read(self):
        """Return the entries as plain values."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        several = len(self.env.companies) > 1
        names = self._timeline_get_names(self.user_id._ids)
        entries = []
        for entry in self:
            group, icon, color = self._timeline_get_look(entry.kind)
            entries.append(
                {
                    "id": entry.id,
                    "occurred_at": fields.Datetime.to_string(entry.occurred_at),
                    "kind": entry.kind,
                    "kind_label": labels[entry.kind],
                    "group": group,
                    "icon": icon,
                    "color": color,
                    "summary": entry.summary,
                    "user": names.get(entry.user_id.id, ""),
                    "company": entry.company_id.name if several else "",
                    "can_open": bool(entry.res_id and entry.res_model in self.env),
                }
            )
        return entries

    @api.model
    def _timeline_get_names(self, user_ids):
        """Return {user id: name}, without the system itself."""
        # Not by records: a colleague may be another company's alone, and is named all the same.
        self.env["res.users"].flush_model(["partner_id"])
        self.env["res.partner"].flush_model(["name"])
        wanted = [id_ for id_ in user_ids if id_ != SUPERUSER_ID]
        return dict(
            wanted
            and self.env.execute_query(
                SQL(
                    "SELECT u.id, p.name FROM res_users u JOIN res_partner p"
                    " ON p.id = u.partner_id WHERE u.id = ANY(%s)",
                    wanted,
                )
            )
        )

    @api.model
    def _timeline_count_groups(self, customer_id):
        """Return [{"key", "label", "count"}] of the groups that the customer has entries of."""
        counts = {}
        for kind, count in self._read_group(
            [("customer_id", "=", customer_id)], ["kind"], ["__count"]
        ):
            group = self._timeline_get_look(kind)[0]
            counts[group] = counts.get(group, 0) + count
        return [
            {"key": key, "label": label, "count": counts[key]}
            for key, label in self._timeline_get_groups().items()
            if key in counts
        ]

    @api.model
    def _timeline_can_note(self):
        """Tell whether the user may write notes."""
        return self.env.user.has_group("scrm_base.group_scrm_base_operator")

    @api.model
    def add_note(self, customer_id, text):
        """Write on a customer's timeline what a colleague wants to be remembered.

        :raise AccessError: the user is no operator, or may not see the customer
        """
        if not self._timeline_can_note():
            raise AccessError(
                self.env._("Only operators write notes. Ask an administrator for the role.")
            )
        customer = self.env["scrm.customer"].browse(customer_id)
        customer.check_access("write")
        text = (text or "").strip()
        if not text:
            raise UserError(self.env._("The note is empty. Write what is to be remembered."))
        if len(text) > NOTE_MAX:
            raise UserError(
                self.env._(
                    "The note has %(length)s characters, at most %(limit)s are kept. Shorten it.",
                    length=len(text),
                    limit=NOTE_MAX,
                )
            )
        # sudo: which pool the current company is in decides, not who may read pools.
        if customer.sudo().pool_id != self.env.company.sudo().scrm_pool_id:
            raise UserError(
                self.env._(
                    "%(customer)s is not a customer of %(company)s. Switch to a company that"
                    " knows them.",
                    customer=customer.display_name,
                    company=self.env.company.name,
                )
            )
        customer = customer.merged_into_id or customer
        self._record(
            [
                {
                    "identity_id": customer._get_first_identity().id,
                    "kind": "note",
                    "summary": text,
                    "dedupe_key": f"note:{uuid4().hex}",
                }
            ]
        )
        return True
