"""Survivorship: which of its handles' and contacts' values a customer is shown with."""

import json

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.handles import mask
from ..tools.survivorship import Claim, choose

# What a name says for itself, beside who gave it and when.
NAME_PRIORITY = {"customer": 4, "partner": 3, "external_userid": 2, "openid": 2, "card": 1}


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    # {field: {"identity", "source", "reason"}}: where the value shown comes from, never the value
    golden = fields.Json(string="Sources", compute="_compute_golden", store=True)
    golden_sources = fields.Json(string="Where It Comes From", compute="_compute_golden_sources")

    @api.depends(
        "name_manual",
        "merged_customer_ids.name_manual",
        "identity_ids.name",
        "identity_ids.verified_at",
        "identity_ids.last_seen_at",
        "identity_ids.partner_id.name",
        "identity_ids.partner_id.active",
        "identity_ids.partner_id.is_company",
        "origin_identity_ids.name",
        "origin_identity_ids.verified_at",
        "origin_identity_ids.last_seen_at",
        "origin_identity_ids.partner_id.name",
        "origin_identity_ids.partner_id.active",
        "origin_identity_ids.partner_id.is_company",
    )
    def _compute_golden(self):
        """Choose verified before manual before newest before most complete before best source.

        Nothing is read but the handles and what is written by hand, so a rebuild and the undoing
        of a merge choose the same again.
        """
        # all at once, for one by one they are not prefetched, and no more than is looked at
        (self | self.merged_customer_ids).fetch(["name_manual"])
        handles = self.identity_ids | self.origin_identity_ids
        handles.fetch(
            ["id_type", "name", "partner_id", "verified_at", "first_seen_at", "last_seen_at"]
        )
        handles.partner_id.fetch(["name", "active", "is_company"])
        for customer in self:
            handles = customer.identity_ids or customer.origin_identity_ids
            chosen = {
                name: choice
                for name, claims in customer._get_claims(handles).items()
                if (choice := choose(claims))
            }
            if "name" in chosen:
                customer.name = chosen["name"][0].value
            else:
                customer.name = handles.sorted("id")[:1].display_value
            customer.kind = chosen["kind"][0].value if "kind" in chosen else "person"
            customer.golden = {
                name: {"identity": claim.identity, "source": claim.source, "reason": reason}
                for name, (claim, reason) in chosen.items()
            }

    def _get_claims(self, handles):
        """Return {field: claims}: what is written by hand, and what the handles say.

        No source proves a name, so none is verified. Of kinds a contact alone says that this is
        an organisation; others say nothing.
        """
        claims = {"name": self._get_written_names(), "kind": [], "phone": [], "email": []}
        for handle in handles:
            partner, id_type = handle.partner_id, handle.id_type
            if partner.name:
                claims["name"].append(
                    self._make_claim(handle, partner.name, "partner", int(partner.active))
                )
            elif handle.name:
                claims["name"].append(self._make_claim(handle, handle.name, id_type))
            if partner.is_company:
                claims["kind"].append(self._make_claim(handle, "organisation", "partner", 1))
            if id_type in ("phone", "email"):
                claims[id_type].append(
                    Claim(
                        handle.id,
                        handle.id,
                        id_type,
                        verified=bool(handle.verified_at),
                        at=handle.last_seen_at,
                    )
                )
        return claims

    def _get_written_names(self):
        """Return the names written on customers' pages.

        A person vouches for them, before that of a contact which colleagues keep; others came by
        themselves. The elder customer's came first, and stands when both were written by hand.
        """
        return [
            Claim(c.name_manual, c.origin_identity_ids.id, "customer", manual=3 if c == self else 2)
            for c in self | self.merged_customer_ids
            if c.name_manual
        ]

    def _make_claim(self, handle, value, source, manual=0):
        return Claim(
            value,
            handle.id,
            source,
            manual=manual,
            at=handle.first_seen_at,
            priority=NAME_PRIORITY.get(source, 0),
        )

    def _get_golden_identity(self, name):
        """Return the handle that a field's value comes from, or none."""
        self.ensure_one()
        source = (self.golden or {}).get(name) or {}
        return self.env["scrm.identity"].browse(source.get("identity") or [])

    def _rebuild_golden(self):
        """Choose again; it changes nothing but what was written past the ORM."""
        for name in ("name", "kind", "golden"):
            self.env.add_to_compute(self._fields[name], self)
        self.flush_recordset(["name", "kind", "golden"])

    # === OF A NEW HANDLE === #

    @api.model
    def _insert_with_handles(self, births, pool, into=None):
        """Insert the customers that unknown handles are born with, in one statement.

        What :meth:`_compute_golden` would choose is written with them: of handles that do not
        compete there is nothing to choose. Whatever else a new customer brings, an addon adds
        here by super().

        :param births: list of (Handle, name or None, id of the handle, id of the customer)
        :param into: {id: id of the customer of these that it is recognised as at once}
        :return: scrm.customer, in the order of ``births``
        """
        into = into or {}
        partners = self.env["res.partner"].browse(
            [int(handle.value) for handle, *_rest in births if handle.id_type == "partner"]
        )
        partners.fetch(["name", "is_company"])
        rows = {
            customer_id: self._prepare_golden(handle, name, identity_id)
            for handle, name, identity_id, customer_id in births
        }
        for customer_id, winner_id in into.items():
            rows[winner_id][2].update(rows[customer_id][2])
        derived = {*into, *into.values()}
        columns = zip(
            *(
                (
                    id_,
                    *row[:2],
                    row[2] and json.dumps(row[2]) or None,
                    into.get(id_),
                    id_ in derived,
                )
                for id_, row in rows.items()
            ),
            strict=True,
        )
        now, uid = self.env.cr.now(), self.env.uid
        self.env.execute_query(
            SQL(
                """
                INSERT INTO scrm_customer (
                       create_uid, write_uid, create_date, write_date, pool_id, active,
                       id, name, kind, golden, merged_into_id, derived_at)
                SELECT %s, %s, %s, %s, %s, winner IS NULL, id, name, kind, golden, winner,
                       CASE WHEN derived THEN %s::timestamp END
                  FROM unnest(%s::int[], %s::varchar[], %s::varchar[], %s::jsonb[], %s::int[],
                              %s::boolean[])
                       AS v(id, name, kind, golden, winner, derived)
                RETURNING id
                """,
                *(uid, uid, now, now, pool.id, now),
                *map(list, columns),
            )
        )
        return self.browse(rows)

    @api.model
    def _prepare_golden(self, handle, name, identity_id):
        """Return (name, kind, golden) of a customer with one handle."""
        partner = self.env["res.partner"]
        if handle.id_type == "partner":
            partner = partner.browse(int(handle.value))
        source = {"identity": identity_id, "source": handle.id_type, "reason": "only"}
        golden = {}
        name = partner.name or name
        if name:
            golden["name"] = source
        if partner.is_company:
            golden["kind"] = source
        if handle.id_type in ("phone", "email"):
            golden[handle.id_type] = source
        return (
            name or partner.display_name or mask(handle.id_type, handle.value),
            "organisation" if partner.is_company else "person",
            golden,
        )

    def _keep_golden(self):
        """Let what was inserted with the customers stand: it is what would be computed."""
        for name in ("name", "kind", "golden"):
            self.env.remove_to_compute(self._fields[name], self)

    @api.depends("golden")
    def _compute_golden_sources(self):
        labels = {
            "name": self._fields["name"]._description_string(self.env),
            "kind": self._fields["kind"]._description_string(self.env),
            "phone": self._fields["phone_display"]._description_string(self.env),
            "email": self._fields["email_display"]._description_string(self.env),
        }
        sources = {
            **dict(self.env["scrm.identity"]._fields["id_type"]._description_selection(self.env)),
            "customer": self.env._("Written on a customer's page"),
        }
        reasons = self._get_golden_reasons()
        for customer in self:
            golden = customer.golden or {}
            customer.golden_sources = [
                {
                    "label": labels[name],
                    "source": sources.get(golden[name]["source"], golden[name]["source"]),
                    "handle": customer._get_golden_identity(name).display_value or "",
                    "reason": reasons.get(golden[name]["reason"], ""),
                }
                for name in labels
                if name in golden
            ]

    @api.model
    def _get_golden_reasons(self):
        """Return {code: why a value was chosen before another}; see tools/survivorship.py."""
        return {
            "only": self.env._("nothing says otherwise"),
            "verified": self.env._("it is verified"),
            "manual": self.env._("a person wrote it"),
            "newest": self.env._("it is the newest"),
            "complete": self.env._("it is the most complete"),
            "priority": self.env._("of the better source"),
            "first": self.env._("it was there first"),
        }
