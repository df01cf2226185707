"""What is derived from the evidence, to be compared before and after."""


class ClusterSnapshots:
    """Mixed into a test with ``self.nodes``, the identities that are looked at."""

    def _snapshot(self):
        """Return everything that is derived, as the database has it."""
        self.env.flush_all()
        self.env.invalidate_all()
        origins = self.nodes.origin_customer_id.sorted("id")
        timeline = self.env["scrm.interaction"].search(
            [("identity_id", "in", self.nodes.ids), ("kind", "=", "note")]
        )
        return {
            "customers": [node.customer_id.id for node in self.nodes],
            "origins": [
                (c.id, c.active, c.merged_into_id.id, c.name, c.kind, c.golden) for c in origins
            ],
            "timeline": sorted((row.identity_id.id, row.customer_id.id) for row in timeline),
            "stages": [(c.id, c.stage_id.code) for c in origins],
        }

    def _forget_what_is_derived(self):
        self.env.flush_all()
        for query in (
            "UPDATE scrm_identity SET customer_id = origin_customer_id WHERE id = ANY(%s)",
            "UPDATE scrm_interaction i SET customer_id = d.origin_customer_id"
            "  FROM scrm_identity d WHERE d.id = i.identity_id AND d.id = ANY(%s)",
        ):
            self.env.cr.execute(query, [self.nodes.ids])
        self.env.cr.execute(
            "UPDATE scrm_customer SET merged_into_id = NULL, active = TRUE WHERE id = ANY(%s)",
            [self.nodes.origin_customer_id.ids],
        )
        self.env.invalidate_all()
