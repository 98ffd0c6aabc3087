"""Rooms and memberships that no directory has: by the claim or the groups of a login that nginx vouches for, by
template, and made for clients that name none. The tokens are verified by LiveKit's own SDK."""

import json
import re

import pytest
from livekit import api
from support.canaries import plant
from support.client import Client
from support.deployment import Deployment
from support.responder import Responder
from support.web_server import WebServer

# A location of a site passes what its back end says; here the test says it, in headers of its own.
PARAMETERS = """
fastcgi_param LIVEKIT_USER   $http_x_test_user   if_not_empty;
fastcgi_param LIVEKIT_ROOMS  $http_x_test_rooms  if_not_empty;
fastcgi_param LIVEKIT_GROUPS $http_x_test_groups if_not_empty;
"""
ROOMS = """
rooms:
  templates:
    - {match: 'call-*', access: open, role: speaker, agents: [narrator]}
    - {match: 'hall-*', access: open}
token_source: {generated_room: 'call-{uuid}'}
"""
CLAIMS = "sessions: {source: nginx, users: any}\nmemberships: {source: claims}\n" + ROOMS
GROUPS = (
    """
sessions: {source: nginx, users: any}
memberships:
  source: groups
  groups_separator: ','
  rooms:
    /stage/hosts: {'stage-*': [host]}
    everybody: {lounge: [viewer, {role: speaker, scene: intro}]}
"""
    + ROOMS
)
DIRECTORY = "sessions: {source: nginx, users: any}\n" + ROOMS
SPEAKER = {"room_join": True, "can_publish": True, "can_subscribe": True, "can_publish_data": True}
CALL = re.compile(r"call-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Site:
    """A deployment whose nginx vouches for whom a test names."""

    def __init__(self, path, configuration):
        self.deployment = Deployment.create(path, configuration)
        if "url: none" in configuration:
            text = self.deployment.configuration.read_text()
            self.deployment.configuration.write_text(re.sub(r"(?m)^directory: \{url: 'sqlite.*\n", "", text))
        else:
            self.deployment.run("user", "add", "ada", "--name", "Ada L")
            self.deployment.run("room", "add", "stage-1")
            self.deployment.run("member", "add", "stage-1", "ada", "--role", "viewer")
            self.deployment.run("room", "add", "call-listed")
            self.deployment.run("room", "add", "gala", "--open")
            self.deployment.run("stream", "add", "gala", "--opens", "+1h")
        self.responder = Responder(self.deployment).wait_until_ready()
        self.web_server = WebServer(self.deployment)
        fastcgi = self.web_server.directory / "share/nginx/fastcgi.conf"
        fastcgi.write_text(fastcgi.read_text() + PARAMETERS)
        self.web_server.start()

    def post(self, path, body, user="ada", rooms=None, groups=None):
        """The answer to a request of a user whose login says this of rooms or groups."""
        headers = {"Content-Type": "application/json", "X-Test-User": user}
        if rooms is not None:
            headers["X-Test-Rooms"] = rooms if isinstance(rooms, str) else json.dumps(rooms)
        if groups is not None:
            headers["X-Test-Groups"] = groups
        with Client(self.web_server) as client:
            answer = client.request("POST", path, headers, json.dumps(body).encode())
        if answer.status < 300:
            plant(answer.json().get("participant_token") or answer.json()["token"])
        return answer

    def roles(self, room, **login):
        """The roles in a token for a room, or why there is none, by the responder's log."""
        answer = self.post("/livekit/token", {"roomId": room}, **login)
        if answer.status == 200:
            return json.loads(self.verified(answer.json()["token"]).metadata)["roles"]
        assert answer.status == 403 and answer.json()["code"] == "forbidden", answer
        return self.deployment.events()[-1]["reason"]

    def verified(self, token):
        """What LiveKit's own SDK makes of a token."""
        return api.TokenVerifier(*self.deployment.key()).verify(token)

    def stop(self):
        assert self.responder.stop() == 0
        self.web_server.stop()


@pytest.fixture(scope="module")
def sites(stack):
    """A site for each source of memberships, and one without a directory."""
    sites = {
        name: Site(f"{stack}/rooms-{name}", configuration)
        for name, configuration in {
            "claims": CLAIMS,
            "groups": GROUPS,
            "directory": DIRECTORY,
            "none": CLAIMS + "directory: {url: none}\n",
        }.items()
    }
    yield sites
    for site in sites.values():
        site.stop()


CLAIM = {"stage-1": ["host"], "team-42-*": [{"role": "speaker", "until": 4102444800}], "call-7": ["host"]}


@pytest.mark.parametrize(
    ("room", "claims", "none", "silent"),
    [
        # Who says nothing is not a member, also where the directory has a membership.
        ("stage-1", ["host"], ["host"], "not_member"),
        ("team-42-a", ["speaker"], ["speaker"], "unknown_room"),
        ("call-7", ["host", "speaker"], ["host", "speaker"], ["speaker"]),
        ("call-8", ["speaker"], ["speaker"], ["speaker"]),
        ("hall-1", ["viewer"], ["viewer"], ["viewer"]),
        ("call-listed", "not_member", ["speaker"], "not_member"),
        ("gala", "stream_not_open", "unknown_room", "stream_not_open"),
        ("elsewhere", "unknown_room", "unknown_room", "unknown_room"),
    ],
)
def test_a_claim_gives_what_it_says_with_a_directory_or_without(sites, room, claims, none, silent):
    assert sites["claims"].roles(room, rooms=CLAIM) == claims
    assert sites["claims"].roles(room, rooms=json.dumps(CLAIM), user="stranger") == claims
    assert sites["none"].roles(room, rooms=CLAIM) == none
    assert sites["claims"].roles(room) == silent
    # Where memberships are the directory's, no claim counts.
    assert sites["directory"].roles("stage-1", rooms=CLAIM) == ["viewer"]


@pytest.mark.parametrize(
    ("groups", "room", "roles"),
    [
        ("/stage/hosts", "stage-1", ["host"]),
        ("everybody,/stage/hosts", "stage-2", ["host"]),
        ("everybody", "lounge", ["viewer"]),
        ("everybody", "stage-1", "not_member"),
        ("everybody, /stage/hosts", "stage-2", "unknown_room"),
        ("/stage/hosts/", "stage-2", "unknown_room"),
        ("", "call-1", ["speaker"]),
        (",,", "call-1", ["speaker"]),
    ],
)
def test_groups_give_what_the_configuration_says(sites, groups, room, roles):
    assert sites["groups"].roles(room, groups=groups) == roles


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        ("[]", "what the login says of memberships must be an object of rooms and their roles"),
        ("host", "is text that is not JSON: an unexpected character, at byte 0"),
        ('{"stage-1": ["host"], "stage-1": ["viewer"]}', "is text that is not JSON: a name that occurs twice"),
        ("[" * 4000, "is text that is not JSON: nested too deeply"),
        ('{"' + "*" * 6000 + '": "host"}', "must be a list of roles"),
        ('{"stage-1": [{"role": "host", "until": "soon"}]}', '"stage-1": element 1 has an until that is not seconds'),
    ],
)
def test_a_claim_that_cannot_be_read_gives_nothing_and_is_named_in_the_log(sites, claim, fault):
    site = sites["claims"]
    assert site.roles("stage-1", rooms=claim) == "rooms_claim_malformed"
    event = site.deployment.events()[-1]
    assert fault in event["fault"] and event["userId"] == "ada"
    # Nothing is taken from what everybody has.
    assert site.roles("hall-1", rooms=claim) == ["viewer"]


# What LiveKit's agent starters send: an agent by name, and no room.
STARTERS = {
    "js": {"room_config": {"agents": [{"agent_name": "narrator"}]}},
    "js, of an older version": {"roomConfig": {"agents": [{"agentName": "narrator"}]}},
    "swift": {"room_config": {"agents": [{"agent_name": "narrator", "metadata": ""}]}},
    "an app without an agent": {"room_config": {}},
    "nothing": {},
}


@pytest.mark.parametrize("body", STARTERS.values(), ids=STARTERS)
def test_an_agent_starter_gets_a_room_of_its_own_with_the_agent(sites, body):
    rooms = set()
    for site in sites.values():
        answer = site.post("/livekit/token-source", body)
        assert answer.status == 201, answer.body
        claims = site.verified(answer.json()["participant_token"])
        room = answer.json()["room_name"]
        rooms.add(room)
        assert CALL.fullmatch(room) and claims.video.room == room
        assert {key: getattr(claims.video, key) for key in SPEAKER} == SPEAKER
        assert [agent.agent_name for agent in claims.room_config.agents] == ["narrator"]
        assert site.deployment.events()[-1]["agents"] == ["narrator"]
    assert len(rooms) == len(sites)


def test_the_agents_of_a_template_are_in_both_endpoints_tokens_and_in_no_others(sites):
    site = sites["claims"]

    def agents(path, body):
        answer = site.post(path, body, rooms=CLAIM)
        claims = site.verified(answer.json().get("participant_token") or answer.json()["token"])
        return [agent.agent_name for agent in claims.room_config.agents] if claims.room_config else []

    assert agents("/livekit/token", {"roomId": "call-8"}) == ["narrator"]
    assert agents("/livekit/token-source", {"room_name": "call-8"}) == ["narrator"]
    assert agents("/livekit/token", {"roomId": "stage-1"}) == []
    for room, status in (("call-8", 201), ("hall-1", 422), ("stage-1", 422), ("elsewhere", 422)):
        body = {"room_name": room, "room_config": {"agents": [{"agent_name": "narrator"}]}}
        assert site.post("/livekit/token-source", body, rooms=CLAIM).status == status, room
    body = {"room_name": "call-8", "room_config": {"agents": [{"agent_name": "narrator", "metadata": "x"}]}}
    assert site.post("/livekit/token-source", body).json()["code"] == "field_refused"


def test_no_header_of_a_client_says_what_the_parameters_say(sites):
    site = sites["claims"]
    for name in ("LIVEKIT_ROOMS", "Livekit-Rooms", "LIVEKIT-ROOMS", "HTTP_LIVEKIT_ROOMS"):
        headers = {"Content-Type": "application/json", "X-Test-User": "ada", name: json.dumps(CLAIM)}
        with Client(site.web_server) as client:
            answer = client.request("POST", "/livekit/token", headers, b'{"roomId":"stage-1"}')
        assert answer.status == 403, name


def test_a_room_that_is_removed_is_its_templates(sites):
    site = sites["claims"]
    run = site.deployment.run
    run("room", "add", "hall-listed")
    assert site.roles("hall-listed") == "not_member"
    run("room", "remove", "hall-listed")
    assert site.roles("hall-listed") == ["viewer"]
