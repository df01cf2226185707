"""Workers who record, generate and cancel at once lose no line and settle none twice."""

import os
import random
import threading
import time
import xmlrpc.client
from decimal import Decimal

import pytest

from tests.harness.rpc import Rpc
from tests.harness.server import Server

# A night's run asks for a minute.
SECONDS = int(os.environ.get("SCRM_RACE_SECONDS", "8"))
MONTHS = {1: ("2031-01-01", "2031-01-31"), 2: ("2031-02-01", "2031-02-28")}
OURS = "source_type = 'adjustment' AND name LIKE '%at once%'"


@pytest.fixture
def server():
    server = Server("scrm_settlement_faults", "suite")
    server.create()
    server.start()
    yield server
    server.drop()


class Worker:
    """A preparer on a connection of his own; a refusal is an answer, anything else a fault."""

    def __init__(self, server: Server, dealer: int, product: int):
        self.rpc = Rpc(server.url, server.name, "admin", "admin")
        self.dealer, self.product = dealer, product
        self.done, self.faults = 0, []

    def record(self) -> None:
        self.rpc.call(
            "scrm.settlement.adjustment",
            "create",
            [
                {
                    "partner_id": self.dealer,
                    "product_id": self.product,
                    "date": MONTHS[random.choice((1, 2))][0],
                    "pricing": "amount",
                    "amount": random.randrange(1, 100),
                    "reason": "at once",
                }
                for _number in range(3)
            ],
        )

    def generate(self, month: int | None = None) -> None:
        first, last = MONTHS[month or random.choice((1, 2))]
        wizard = self.rpc.call(
            "scrm.settlement.generate",
            "create",
            {"date_from": first, "date_to": last, "partner_ids": [(6, 0, [self.dealer])]},
        )
        self.rpc.call("scrm.settlement.generate", "action_generate", [wizard])

    def cancel(self) -> None:
        drafts = self.rpc.call(
            "scrm.settlement.statement",
            "search",
            [("partner_id", "=", self.dealer), ("state", "=", "draft")],
        )
        if drafts:
            self.rpc.call("scrm.settlement.statement", "action_cancel", [random.choice(drafts)])

    def answered(self, step, *values) -> None:
        """Take a step; Odoo's sentences are answers (their code is 2)."""
        # XML-RPC cannot say that a method returns nothing, and says so after it is committed.
        try:
            step(*values)
            self.done += 1
        except xmlrpc.client.Fault as fault:
            if "cannot marshal None" in fault.faultString:
                self.done += 1
            elif fault.faultCode != 2:
                self.faults.append(fault.faultString)

    def work(self, until: float) -> None:
        steps = (self.record, self.generate, self.generate, self.cancel)
        number = 0
        while time.monotonic() < until:
            self.answered(steps[number % len(steps)])
            number += 1


def test_two_workers_generate_at_once(server):
    admin = Rpc(server.url, server.name, "admin", "admin")
    dealer = admin.call("res.partner", "create", {"name": "Dealer at once", "is_company": True})
    product = admin.call("product.product", "create", {"name": "At once", "type": "service"})
    workers = [Worker(server, dealer, product) for _number in range(2)]
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=worker.work, args=(until,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 120)
        assert not thread.is_alive()
    for month in MONTHS:
        workers[0].answered(workers[0].generate, month)

    # Who has lost against the other five times is told so; nothing else may go wrong.
    faults = [fault for worker in workers for fault in worker.faults]
    assert not [fault for fault in faults if "serialize" not in fault], faults
    assert all(worker.done for worker in workers)
    [[recorded, amount, free]] = server.sql(
        "SELECT count(*), sum(amount), count(*) FILTER (WHERE statement_id IS NULL)"
        f" FROM scrm_settlement_line WHERE {OURS}"
    )
    assert recorded and not free, "every line is on a statement"
    sources = server.sql(f"SELECT count(DISTINCT source_id) FROM scrm_settlement_line WHERE {OURS}")
    assert sources == [[recorded]]
    stated = server.sql(
        "SELECT sum(amount_untaxed), count(*),"
        " count(DISTINCT (date_from, revision)) FROM scrm_settlement_statement"
        " WHERE state <> 'cancel' AND partner_id = %s",
        [dealer],
    )
    assert Decimal(stated[0][0]) == Decimal(amount), f"Σ {stated} = Σ lines {amount}"
    assert stated[0][1] == stated[0][2], "no revision twice"
