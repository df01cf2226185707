"""A power cut between storing an event and processing it loses nothing and doubles nothing."""

from concurrent.futures import ThreadPoolExecutor

from wechat_client import WechatClient

from tests.harness.rpc import Rpc
from tests.harness.server import Server
from tests.harness.wait import wait_for

CUSTOMERS = [f"o_fault_{number}" for number in range(4)]
OURS = "payload LIKE '%o_fault_%'"


def connect(server: Server) -> WechatClient:
    """Return WeChat's side of the demo channel."""
    admin = Rpc(server.url, server.name, "admin", "admin")
    channel = admin.call(
        "scrm.channel",
        "read",
        [admin.ref("scrm_social.channel_demo_oa")],
        ["app_id", "token", "aes_key", "callback_uuid"],
    )[0]
    return WechatClient(
        f"{server.url}/scrm/wechat/{channel['callback_uuid']}",
        channel["token"],
        channel["app_id"],
        channel["aes_key"],
    )


def states(server: Server) -> dict[str, int]:
    """Return how many events of the test stand in which state."""
    return dict(
        server.sql(f"SELECT state, count(*) FROM scrm_webhook_event WHERE {OURS} GROUP BY state")
    )


def received(server: Server) -> list[str]:
    """Return the texts that reached conversations, in the order of their arrival."""
    rows = server.sql(
        """
        SELECT regexp_replace(message.body, '<[^>]+>', '', 'g')
          FROM scrm_message_link link
          JOIN mail_message message ON message.id = link.mail_message_id
         WHERE link.direction = 'in' AND message.body LIKE %s
      ORDER BY message.id
        """,
        ["%fault number%"],
    )
    return [text for (text,) in rows]


def send_all(client: WechatClient, texts: list[str]) -> None:
    def send(numbered):
        number, text = numbered
        openid = CUSTOMERS[number % len(CUSTOMERS)]
        assert client.send(client.text(openid, text)).status_code == 200

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, enumerate(texts)))


def test_killed_between_storing_and_processing(fault_server):
    server = fault_server
    server.start()
    client = connect(server)
    before = [f"fault number {number}" for number in range(20)]
    send_all(client, before)
    assert states(server) == {"new": 20}, "stored and answered, not yet processed"
    server.kill()

    server.jobs = 2
    server.start()
    wait_for(
        "every event processed after the restart",
        lambda: states(server) == {"done": 20},
        deadline=180,
    )
    assert sorted(received(server)) == sorted(before)

    during = [f"fault number {number}" for number in range(20, 80)]
    send_all(connect(server), during)
    server.kill()
    server.start()
    wait_for(
        "every event processed after a kill amid the batch",
        lambda: states(server) == {"done": 80},
        deadline=240,
    )
    assert sorted(received(server)) == sorted(before + during)
    recorded = server.sql(
        """
        SELECT count(*), count(DISTINCT dedupe_key) FROM scrm_interaction i
          JOIN scrm_identity o ON o.id = i.identity_id
         WHERE i.kind = 'message_in' AND o.value LIKE 'o_fault_%'
        """
    )
    assert recorded == [[80, 80]]


def test_one_message_delivered_many_times_at_once(fault_server):
    server = fault_server
    server.jobs = 2
    server.start()
    client = connect(server)
    payload = client.text(CUSTOMERS[0], "fault number one")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: client.send(payload).status_code, range(32)))
    assert set(answers) == {200}
    wait_for("the message processed", lambda: states(server) == {"done": 1})
    assert received(server) == ["fault number one"]
