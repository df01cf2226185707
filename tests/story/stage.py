"""Who and what the story needs: found in the demo data, or set up as an administrator would."""

from dataclasses import dataclass

from tests.harness.rpc import Rpc
from tests.harness.server import Server

PASSWORD = "demo"
ROLES = ("operator", "agent", "dispatcher", "technician", "channel", "finance", "steward")


@dataclass(frozen=True)
class Stage:
    """The cast and the props, by the names that people see."""

    channel_id: int
    callback: str
    app_id: str
    token: str
    aes_key: str
    site: str
    site_location_id: int
    technician: str
    dealer: str
    dealer_id: int
    part: str
    part_id: int
    labour: str
    goods: str
    higher_tier: str
    preferential_tier_id: int


def set_with_demo(server: Server, admin: Rpc, api: str) -> Stage:
    """Use the demo data; only the address of WeChat's API is another."""
    channel_id = admin.ref("scrm_social.channel_demo_oa")
    admin.call("scrm.channel", "write", [channel_id], {"api_base_url": api})
    return _read(
        server,
        admin,
        channel_id=channel_id,
        site_id=admin.ref("scrm_service.site_demo_futian"),
        technician_id=admin.ref("scrm_service.user_demo_technician"),
        part_id=admin.ref("scrm_base.product_demo_filter"),
        labour_id=admin.ref("scrm_service.product_demo_visit"),
        goods_id=admin.ref("scrm_base.product_demo_purifier"),
        higher_tier_id=admin.ref("scrm_loyalty.tier_demo_silver"),
        tier_id=admin.ref("scrm_settlement.tier_demo_preferential"),
    )


def _read(server: Server, admin: Rpc, **ids: int) -> Stage:
    def one(model, key, fields):
        return admin.call(model, "read", [ids[key]], fields)[0]

    channel = one("scrm.channel", "channel_id", ["callback_uuid", "app_id", "token", "aes_key"])
    site = one("scrm.service.site", "site_id", ["name", "location_id", "partner_id"])
    return Stage(
        channel_id=ids["channel_id"],
        callback=f"{server.url}/scrm/wechat/{channel['callback_uuid']}",
        app_id=channel["app_id"],
        token=channel["token"],
        aes_key=channel["aes_key"],
        site=site["name"],
        site_location_id=site["location_id"][0],
        technician=one("res.users", "technician_id", ["name"])["name"],
        dealer=site["partner_id"][1],
        dealer_id=site["partner_id"][0],
        part=one("product.product", "part_id", ["name"])["name"],
        part_id=ids["part_id"],
        labour=one("product.product", "labour_id", ["name"])["name"],
        goods=one("product.product", "goods_id", ["name"])["name"],
        higher_tier=one("scrm.loyalty.tier", "higher_tier_id", ["name"])["name"],
        preferential_tier_id=ids["tier_id"],
    )
