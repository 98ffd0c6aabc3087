"""LiveKit's client SDKs as they ask an endpoint for a token, and as they read its answer.

The shapes were read in the sources of client-sdk-js, -swift, -android and -flutter.
"""

import dataclasses
import itertools
import json
import re
import urllib.parse

import pytest
from livekit import api
from support.canaries import plant
from support.client import Client
from support.deployment import Deployment, seed
from support.responder import Responder
from support.web_server import WebServer

SUCCESS_KEYS = {"server_url", "serverUrl", "participant_token", "participantToken", "token"}
POLICIES = {
    "nothing allowed": "",
    "name, seat, narrator and staging allowed": (
        "token_source: {participant_name: true, participant_attributes: [seat], agents: [narrator], "
        "agent_deployments: [staging]}\n"
    ),
}
NOTHING, MUCH = POLICIES


class Site:
    """A deployment under a policy of what a client may set, and its endpoints."""

    def __init__(self, path, policy):
        self.deployment = Deployment.create(path, policy)
        self.responder = Responder(self.deployment).wait_until_ready()
        self.web_server = WebServer(self.deployment).start()
        seed(self.deployment)
        self.deployment.execute("UPDATE users SET name = 'Alice Liddell' WHERE user_id = 'alice'")

    def post(self, path, body, bearer, headers=None):
        """The answer to a request from an address of its own."""
        headers = {**(headers or {"Content-Type": "application/json"}), "Authorization": f"Bearer {bearer}"}
        with Client(self.web_server) as client:
            answer = client.request("POST", path, headers, body.encode())
        if answer.status < 300:
            plant(answer.json().get("participant_token") or answer.json()["token"])
        return answer

    def token(self, bearer, room, **ids):
        """The answer of our own endpoint."""
        return self.post("/livekit/token", json.dumps({"roomId": room, **ids}), bearer)

    def token_source(self, bearer, **members):
        """The answer of the endpoint that LiveKit's SDKs ask."""
        return self.post("/livekit/token-source", json.dumps(members), bearer)

    def verified(self, token):
        """What LiveKit's own SDK makes of a token."""
        return api.TokenVerifier(*self.deployment.key()).verify(token)


@pytest.fixture(scope="module")
def sites(stack):
    """A site for each policy."""
    sites = {
        policy: Site(f"{stack}/token-source-{number}", words) for number, (policy, words) in enumerate(POLICIES.items())
    }
    yield sites
    for site in sites.values():
        site.responder.stop()
        site.web_server.stop()


# --- How each SDK reads an answer ------------------------------------------------------------------------------------


def js(status, answer):
    """Any 2xx; camelCase or snake_case, unknown fields ignored."""
    if not 200 <= status < 300:
        return None
    return answer.get("server_url", answer.get("serverUrl")), answer.get(
        "participant_token", answer.get("participantToken")
    )


def swift(status, answer):
    """2xx; snake_case alone, and the server must be a URL."""
    if not 200 <= status < 300:
        return None
    assert urllib.parse.urlsplit(answer["server_url"]).scheme in ("ws", "wss", "http", "https")
    assert all(isinstance(answer.get(key, ""), str) for key in ("participant_name", "room_name"))
    return answer["server_url"], answer["participant_token"]


def android(_, answer):
    """Whatever the status, snake_case, else camelCase, else a decode error."""
    for server, token in (("server_url", "participant_token"), ("serverUrl", "participantToken")):
        if server in answer and token in answer:
            return answer[server], answer[token]
    return None


def flutter(status, answer):
    """2xx; either spelling."""
    return android(status, answer) if 200 <= status < 300 else None


# --- What each SDK sends ---------------------------------------------------------------------------------------------

BROWSER = {
    "Content-Type": "application/json",
    "Accept": "*/*",
    "Origin": "https://app.example.com",
    "Sec-Fetch-Mode": "cors",
    "User-Agent": "Mozilla/5.0",
}
APPLE = {
    "Content-Type": "application/json",
    "Accept": "*/*",
    "Accept-Language": "de-DE,de;q=0.9",
    "User-Agent": "App/1 CFNetwork/1568 Darwin/24",
}
OKHTTP = {"Content-Type": "application/json", "Accept-Encoding": "gzip", "User-Agent": "okhttp/4.12.0"}
# Dart's http adds the charset where a body is a string.
DART = {
    "content-type": "application/json; charset=utf-8",
    "accept-encoding": "gzip",
    "user-agent": "Dart/3.9 (dart:io)",
}

MISSING, ROOM = (400, "malformed_request", "room_name is missing; name the room"), (201, None, None)
NAME, ATTRIBUTE = (422, "field_refused", "participant_name"), (422, "field_refused", "participant_attributes.seat")
IDENTITY, METADATA = (422, "field_refused", "participant_identity"), (422, "field_refused", "participant_metadata")
AGENT = (422, "field_refused", "room_config.agents.agent_name")
AGENT_METADATA = (422, "field_refused", "room_config.agents.metadata")
DEPLOYMENT = (422, "field_refused", "room_config.agents.deployment")
ATTRIBUTES = (422, "field_refused", "room_config.agents.attributes")


@dataclasses.dataclass
class Exchange:
    """A request of an SDK's, and what must come of it."""

    sdk: str
    options: str
    body: str
    headers: dict
    reads: object
    # Under a policy that allows nothing, and under one that allows the name, the attribute seat, the agent narrator and
    # its deployment staging.
    strict: tuple
    generous: tuple

    def __str__(self):
        return f"{self.sdk}: {self.options}"


def sdk(name, headers, reads, *rows):
    return [Exchange(name, options, body, headers, reads, strict, generous) for options, body, strict, generous in rows]


SEAT = '"participant_attributes":{"seat":"12"}'
SCENE = '"participant_attributes":{"sceneId":"intro","eventId":"launch-2026"}'
EXCHANGES = [
    *sdk(
        "JavaScript",
        BROWSER,
        js,
        ("none", "{}", MISSING, MISSING),
        ("room", '{"room_name":"stage-1"}', ROOM, ROOM),
        ("room, scene, event", f'{{"room_name":"stage-1",{SCENE}}}', ROOM, ROOM),
        (
            "room, everything else empty",
            '{"room_name":"stage-1","participant_name":"","participant_identity":"","participant_metadata":""}',
            ROOM,
            ROOM,
        ),
        ("room, empty agent", '{"room_name":"stage-1","room_config":{"agents":[{}]}}', ROOM, ROOM),
        ("room, name", '{"room_name":"stage-1","participant_name":"Gräfin"}', NAME, ROOM),
        ("room, attribute", f'{{"room_name":"stage-1",{SEAT}}}', ATTRIBUTE, ROOM),
        (
            "room, agent",
            '{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator","metadata":"{\\"a\\":1}"}]}}',
            AGENT,
            ROOM,
        ),
        (
            "room, agent and deployment",
            '{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator","deployment":"staging"}]}}',
            AGENT,
            ROOM,
        ),
        (
            "room, agent and a deployment that is not listed",
            '{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator","deployment":"main"}]}}',
            AGENT,
            DEPLOYMENT,
        ),
        (
            "room, metadata of no agent",
            '{"room_name":"stage-1","room_config":{"agents":[{"metadata":"x"}]}}',
            AGENT_METADATA,
            AGENT_METADATA,
        ),
        (
            "full",
            (
                '{"room_name":"stage-1","participant_name":"Gräfin","participant_identity":"me",'
                f'"participant_metadata":"{{}}",{SEAT},"room_config":{{"agents":[{{"agent_name":"narrator","metadata":"x"}}]}}}}'
            ),
            IDENTITY,
            IDENTITY,
        ),
        (
            "full, own identity",
            (
                '{"room_name":"stage-1","participant_name":"Gräfin","participant_identity":"%s",'
                f'{SEAT},"room_config":{{"agents":[{{"agent_name":"narrator","metadata":"x"}}]}}}}'
            ),
            NAME,
            ROOM,
        ),
    ),
    # JSONEncoder keeps no order, and escapes the solidus.
    *sdk(
        "Swift",
        APPLE,
        swift,
        ("none", '{"room_config":{}}', MISSING, MISSING),
        ("room", '{"room_config":{},"room_name":"stage-1"}', ROOM, ROOM),
        ("room, scene, event", f'{{{SCENE},"room_config":{{}},"room_name":"stage-1"}}', ROOM, ROOM),
        (
            "room, agent",
            '{"room_config":{"agents":[{"metadata":"a\\/b","agent_name":"narrator"}]},"room_name":"stage-1"}',
            AGENT,
            ROOM,
        ),
        (
            "full",
            '{"participant_metadata":"{}","room_config":{},"room_name":"stage-1","participant_name":"Ada"}',
            METADATA,
            METADATA,
        ),
    ),
    *sdk(
        "Android",
        OKHTTP,
        android,
        ("none", '{"room_config":{}}', MISSING, MISSING),
        ("room", '{"room_name":"stage-1","room_config":{}}', ROOM, ROOM),
        ("room, scene, event", f'{{"room_name":"stage-1",{SCENE},"room_config":{{}}}}', ROOM, ROOM),
        ("room, name", '{"room_name":"stage-1","participant_name":"Ada","room_config":{}}', NAME, ROOM),
        ("room, agent", '{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator"}]}}', AGENT, ROOM),
        (
            "room, agent, deployment and attributes",
            (
                '{"room_name":"stage-1","room_config":{"agents":'
                '[{"agent_name":"narrator","deployment":"staging","attributes":{"a":"b"}}]}}'
            ),
            ATTRIBUTES,
            ATTRIBUTES,
        ),
    ),
    *sdk(
        "Flutter",
        DART,
        flutter,
        ("none", '{"room_config":{}}', MISSING, MISSING),
        ("none, an older one", "{}", MISSING, MISSING),
        ("room", '{"room_name":"stage-1","room_config":{}}', ROOM, ROOM),
        ("room, scene, event", f'{{"room_name":"stage-1",{SCENE},"room_config":{{}}}}', ROOM, ROOM),
        (
            "room, name, attribute",
            f'{{"room_name":"stage-1","participant_name":"Ada",{SEAT},"room_config":{{}}}}',
            NAME,
            ROOM,
        ),
        (
            "room, agent",
            '{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator","metadata":"x"}]}}',
            AGENT,
            ROOM,
        ),
    ),
    # What others of LiveKit's languages make of the same schema: camelCase, and null for what is not set.
    *sdk(
        "camelCase, null",
        BROWSER,
        js,
        (
            "room",
            (
                '{"roomName":"stage-1","participantName":null,"participantIdentity":null,"participantMetadata":null,'
                '"participantAttributes":null,"roomConfig":null}'
            ),
            ROOM,
            ROOM,
        ),
        (
            "room, agent",
            (
                '{"roomName":"stage-1","roomConfig":{"name":"","emptyTimeout":0,"maxParticipants":0,'
                '"agents":[{"agentName":"narrator","metadata":""}]}}'
            ),
            AGENT,
            ROOM,
        ),
    ),
]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("exchange", EXCHANGES, ids=str)
def test_an_sdk_is_answered_as_the_policy_says(sites, exchange, policy):
    site = sites[policy]
    bearer = site.deployment.new_session("alice")
    own = site.verified(site.token(bearer, "stage-1").json()["token"]).identity
    body = exchange.body % own if "%s" in exchange.body else exchange.body
    answer = site.post("/livekit/token-source", body, bearer, exchange.headers)
    status, code, named = exchange.generous if policy == MUCH else exchange.strict
    told = answer.json()
    assert (answer.status, told.get("code")) == (status, code), told
    read = exchange.reads(status, told)
    if status == 201:
        server, token = read
        assert server == "wss://livekit.school.edu"
        claims = site.verified(token)
        assert claims.video.room == told["room_name"] == "stage-1" and claims.identity == own
        assert told.get("participant_name") == claims.name
    else:
        assert named in told["detail"]
        assert read is None and not SUCCESS_KEYS & told.keys()
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


# Who is let in where, in a scene and at an event or not; the show has a schedule, which holds for bob and not for
# alice, who is a host: of that event one scene is on, and one is over.
ALL_SCENES_AND_EVENTS = list(itertools.product((None, "on", "over"), (None, "launch-2026")))
OPEN = {
    ("alice", "stage-1"): ALL_SCENES_AND_EVENTS,
    ("alice", "lobby"): ALL_SCENES_AND_EVENTS,
    ("alice", "show"): ALL_SCENES_AND_EVENTS,
    ("bob", "show"): [asked for asked in ALL_SCENES_AND_EVENTS if asked != ("over", "launch-2026")],
    ("bob", "stage-1"): ALL_SCENES_AND_EVENTS,
    ("bob", "lobby"): ALL_SCENES_AND_EVENTS,
}


@pytest.mark.parametrize("room", ["stage-1", "stage-2", "lobby", "show", "nowhere"])
@pytest.mark.parametrize("user", ["alice", "bob"])
def test_both_endpoints_give_the_same_grants(sites, user, room):
    site = sites[NOTHING]
    for scene, event in ALL_SCENES_AND_EVENTS:
        ids = {key: value for key, value in (("sceneId", scene), ("eventId", event)) if value}
        bearer = site.deployment.new_session(user)
        ours = site.token(bearer, room, **ids)
        theirs = site.token_source(bearer, room_name=room, participant_attributes=ids, room_config={})
        where = f"{ids}: {ours}, {theirs}"
        if (scene, event) not in OPEN.get((user, room), []):
            assert ours.status == theirs.status == 403, where
            assert {**theirs.json(), "requestId": ""} == {**ours.json(), "requestId": ""}, where
            continue
        assert (ours.status, theirs.status) == (200, 201), where
        ours, theirs = site.verified(ours.json()["token"]), site.verified(theirs.json()["participant_token"])
        assert ours.video == theirs.video and ours.video.room == room and ours.video.room_join is True, where
        assert (ours.identity, ours.name, ours.metadata) == (theirs.identity, theirs.name, theirs.metadata), where
        assert not theirs.attributes and not theirs.room_config, where


def test_what_a_client_may_set_is_in_the_token_and_the_grants_stay(sites):
    site = sites[MUCH]
    bearer = site.deployment.new_session("alice")
    plain = site.verified(site.token(bearer, "stage-1").json()["token"])
    answer = site.token_source(
        bearer,
        room_name="stage-1",
        participant_name="Gräfin",
        participant_attributes={"seat": "12"},
        room_config={"agents": [{"agent_name": "narrator", "metadata": "{}", "deployment": "staging"}]},
    )
    more = site.verified(answer.json()["participant_token"])
    assert more.video == plain.video and more.identity == plain.identity and more.metadata == plain.metadata
    assert more.name == "Gräfin" and more.attributes == {"seat": "12"}
    dispatches = [(agent.agent_name, agent.metadata, agent.deployment) for agent in more.room_config.agents]
    assert dispatches == [("narrator", "{}", "staging")] and not more.room_config.HasField("egress")
