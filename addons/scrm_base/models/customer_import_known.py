"""Rows whose customers are known: from before, as forgotten, and how their contacts are completed.

What is filled in stays, what is missing is added.
"""

from odoo import Command, models


class ScrmCustomerImportLine(models.Model):
    _inherit = "scrm.customer.import.line"  # pylint: disable=consider-merging-classes-inherited

    def _find_imported(self):
        """Return ``{line id: customer}`` of rows that nothing tells but that they came before."""
        key_of = {
            line.id: line._get_dedupe_key()
            for line in self
            if not line.code and not line._get_handles()
        }
        if not key_of:
            return {}
        # sudo: whoever imported it before, it is the same row.
        entries = (
            self.env["scrm.interaction"]
            .sudo()
            .search_fetch(
                [("dedupe_key", "in", list(key_of.values()))], ["dedupe_key", "customer_id"]
            )
        )
        found = {entry.dedupe_key: entry.customer_id.sudo(False) for entry in entries}
        return {id_: found[key] for id_, key in key_of.items() if key in found}

    def _reject_forgotten(self, recognised):
        """Reject the rows of people who asked to be forgotten and did not come back; return them.

        :param dict recognised: the result of :meth:`_recognise`
        """
        keys_of = {
            line: {handle.key for handle in line._get_handles()}
            for line in self
            if not any(recognised[line.id])
        }
        asked = self.env["scrm.suppression"]._find(set().union(*keys_of.values()))
        forgotten = self.browse([line.id for line, keys in keys_of.items() if keys & asked.keys()])
        forgotten.write(
            {
                "status": "conflict",
                "result": "rejected",
                "reason": self.env._(
                    "Somebody with this phone number or address asked to be forgotten. Leave the "
                    "row out; who writes or buys again by themselves is taken up again."
                ),
            }
        )
        return forgotten

    def _import_known(self, recognised):
        """Complete the contacts of customers that are known: what is filled in stays.

        :param recognised: the result of ``_recognise``
        """
        common = self._prepare_common()
        nobody = self.env["scrm.customer"]
        without = [owners for owners, partner in map(recognised.get, self.ids) if not partner]
        made = nobody.union(*without)._ensure_partners()
        partners = [partner or made[owners.id] for owners, partner in map(recognised.get, self.ids)]
        self._complete_partners(partners, common)
        self._close(self.env["res.partner"].browse([partner.id for partner in partners]))

    def _complete_partners(self, partners, common):
        """Fill in what the contacts have not got yet, and add the rows' tags.

        :param partners: list of res.partner, the rows' contacts; rows may share one
        """
        values_of, tagged = {}, {}
        for line, partner in zip(self, partners, strict=True):
            partner = partner.sudo().with_context(tracking_disable=True)
            values = line._prepare_partner_vals(common)
            for _link, tag_id, _nothing in values.pop("category_id"):
                if tag_id not in partner.category_id.ids:
                    tagged[tag_id] = tagged.get(tag_id, partner.browse()) | partner
            if partner.city:
                # An address is one thing: half of the old and half of the new is nobody's.
                for key in ("city_id", "state_id", "country_id"):
                    values.pop(key)
            filled = values_of.setdefault(partner, {})
            for key, value in values.items():
                if value and key not in ("company_id", "is_company") and not partner[key]:
                    filled.setdefault(key, value)
        self._write_partners(values_of)
        for tag_id, contacts in tagged.items():
            contacts.write({"category_id": [Command.link(tag_id)]})

    def _write_partners(self, values_of):
        """Write to each contact its own values, with one search for what depends on them.

        ``write()`` makes that search for each call, which would be queries per row. Contacts
        with people below them go through it, for their addresses follow.

        :param values_of: {res.partner: values}
        """
        values_of = {partner: values for partner, values in values_of.items() if values}
        families = [partner for partner in values_of if partner.child_ids]
        for partner in families:
            partner.write(values_of.pop(partner))
        partners = self.env["res.partner"].union(*values_of)
        log = {"write_uid": self.env.uid, "write_date": self.env.cr.now()}
        names = {name for values in values_of.values() for name in values} | set(log)
        fields_ = partners._fields
        partners.modified([name for name in names if fields_[name].relational], before=True)
        for partner, values in values_of.items():
            for name, value in (values | log).items():
                fields_[name].write(partner, value)
        partners.modified(names)
