"""Whose figures are made, and of which days: what every query of a metric is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from odoo.tools import SQL

YEAR_DAYS = 365
QUARTER_DAYS = 90
# Temporary tables of one refresh: the customers it is for, and whose documents count for whom.
SCOPE_TABLE = "scrm_metric_scope"
OWNER_TABLE = "scrm_metric_owner"


@dataclass(frozen=True)
class MetricScope:
    """One refresh of a company's metrics.

    :param company_id: whose documents count
    :param today: the company's day
    :param year_start: when the first of the last 365 days began, in UTC
    :param quarter_start: when the first of the last 90 days began, in UTC
    :param zone: name of the company's time zone
    :param partial: some customers only, those in the scope's table
    """

    company_id: int
    today: date
    year_start: datetime
    quarter_start: datetime
    zone: str
    partial: bool

    def within(self, column: SQL) -> SQL:
        """Return the condition that a column of customers' ids is among those to refresh."""
        if not self.partial:
            return SQL("%s IS NOT NULL", column)
        return SQL("%s IN (SELECT customer_id FROM %s)", column, SQL.identifier(SCOPE_TABLE))

    def local_day(self, moment: SQL) -> SQL:
        """Return the company's day of a moment in UTC."""
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", moment, self.zone)
