"""What the acts of the story hand on to one another."""

from pathlib import Path

from playwright.sync_api import Browser
from wechat_client import WechatClient

from tests.harness.browser import Person
from tests.harness.rpc import Rpc
from tests.harness.server import Server
from tests.story.stage import PASSWORD, Stage

OPENID = "o_story_visitor_7f3a"


class Story:
    """What the acts hand on to one another."""

    def __init__(
        self,
        server: Server,
        stage: Stage,
        browser: Browser,
        stand_in,
        pictures: Path,
        language: str = "zh_CN",
    ):
        self.server, self.stage, self.browser = server, stage, browser
        self.stand_in, self.pictures = stand_in, pictures
        self.chinese = language == "zh_CN"
        self.people: dict[str, Person] = {}
        self.eyes = Rpc(server.url, server.name, "admin", "admin")
        self.name = "周女士" if self.chinese else "Ms Zhou"
        self.wechat = WechatClient(
            stage.callback, stage.token, stage.app_id, stage.aes_key, "safe", stand_in.url
        )
        self.imported_customer = self.customer = self.ticket = self.statement = self.order = 0
        self.rating_url = ""

    def person(self, role: str) -> Person:
        """Return the window of a role's user, logged in."""
        if role not in self.people:
            person = Person(self.browser, self.server.url, self.pictures)
            admin = role == "admin"
            self.people[role] = person.log_in(
                role if admin else f"demo.{role}", role if admin else PASSWORD
            )
        return self.people[role]

    def browser_errors(self) -> dict[str, list[str]]:
        return {role: person.errors for role, person in self.people.items() if person.errors}

    def received(self) -> list[str]:
        """Return what the customer has got on WeChat."""
        with self.stand_in.state.lock:
            return [m["text"] for m in self.stand_in.state.messages if m["openid"] == OPENID]

    def timeline(self) -> list[dict]:
        return self.eyes.read(
            "scrm.interaction",
            [("customer_id", "=", self.customer)],
            ["kind", "summary", "res_model", "res_id"],
            order="occurred_at, id",
        )
