"""LiveKit's client SDKs as they ask an endpoint for a token, and as they read its answer.

    token_source.py fixtures       each SDK's requests, byte for byte, under a policy that allows nothing and one that allows
    token_source.py same_grants    what LiveKit's official SDK finds in the tokens of both endpoints

What it needs is in the environment: STRICT and GENEROUS, two deployments' directories, and STRICT_URL and GENEROUS_URL.
The shapes were read in the sources of client-sdk-js, -swift, -android and -flutter.
"""

import dataclasses
import http.client
import itertools
import json
import os
import re
import ssl
import subprocess
import sys
import urllib.parse

from livekit import api

from lifecycle import TOKEND

STRICT, GENEROUS = os.environ["STRICT"], os.environ["GENEROUS"]
URLS = {STRICT: os.environ["STRICT_URL"], GENEROUS: os.environ["GENEROUS_URL"]}
SUCCESS_KEYS = {"server_url", "serverUrl", "participant_token", "participantToken", "token"}

# Addresses that no other test uses, so that nobody's limits count here.
addresses = (f"127.2.{number // 250}.{number % 250 + 1}" for number in itertools.count())


def session(site, user="alice"):
    bearer = subprocess.run([TOKEND, "session", "create", user, "--config", f"{site}/config.yaml"],
                            capture_output=True, text=True, check=True).stdout.strip()
    with open(os.environ["STACK"] + "/canaries", "a") as canaries:
        canaries.write(bearer + "\n")
    return bearer


def post(site, path, body, headers=None, bearer=None):
    """The status, headers and parsed body of an answer to a request from an address of its own."""
    url = urllib.parse.urlsplit(URLS[site])
    context = ssl.create_default_context(cafile=f"{site}/nginx/tls/fullchain.pem")
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=context, timeout=15,
                                             source_address=(next(addresses), 0))
    try:
        connection.request("POST", path, body.encode(), {
            "Authorization": f"Bearer {bearer or session(site)}", **(headers or {"Content-Type": "application/json"})})
        response = connection.getresponse()
        answer = json.loads(response.read())
        if response.status < 300:
            with open(os.environ["STACK"] + "/canaries", "a") as canaries:
                canaries.write((answer.get("participant_token") or answer["token"]) + "\n")
        return response.status, response.headers, answer
    finally:
        connection.close()


def verified(site, token):
    """What LiveKit's own SDK makes of a token."""
    key, secret = open(f"{site}/keys.yaml").read().strip().split(": ")
    return api.TokenVerifier(key, secret).verify(token)


# --- How each SDK reads an answer ---------------------------------------------------------------------------------------


def js(status, answer):
    """Any 2xx; camelCase or snake_case, unknown fields ignored."""
    if not 200 <= status < 300:
        return None
    return answer.get("server_url", answer.get("serverUrl")), answer.get("participant_token", answer.get("participantToken"))


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


# --- What each SDK sends ------------------------------------------------------------------------------------------------

BROWSER = {"Content-Type": "application/json", "Accept": "*/*", "Origin": "https://app.example.com",
           "Sec-Fetch-Mode": "cors", "User-Agent": "Mozilla/5.0"}
APPLE = {"Content-Type": "application/json", "Accept": "*/*", "Accept-Language": "de-DE,de;q=0.9",
         "User-Agent": "App/1 CFNetwork/1568 Darwin/24"}
OKHTTP = {"Content-Type": "application/json", "Accept-Encoding": "gzip", "User-Agent": "okhttp/4.12.0"}
# Dart's http adds the charset by itself where a body is a string.
DART = {"content-type": "application/json; charset=utf-8", "accept-encoding": "gzip", "user-agent": "Dart/3.9 (dart:io)"}

MISSING, ROOM = (400, "malformed_request", "room_name is missing."), (201, None, None)
NAME, ATTRIBUTE = (422, "field_refused", "participant_name"), (422, "field_refused", "participant_attributes.seat")
IDENTITY, METADATA = (422, "field_refused", "participant_identity"), (422, "field_refused", "participant_metadata")
AGENT = (422, "field_refused", "room_config.agents.agent_name")
DEPLOYMENT = (422, "field_refused", "room_config.agents.deployment")


@dataclasses.dataclass
class Fixture:
    sdk: str
    options: str
    body: str
    headers: dict
    reads: object
    # Under a policy that allows nothing, and under one that allows the name, the attribute seat and the agent narrator.
    strict: tuple
    generous: tuple


def sdk(name, headers, reads, *rows):
    return [Fixture(name, options, body, headers, reads, strict, generous) for options, body, strict, generous in rows]


SEAT = '"participant_attributes":{"seat":"12"}'
SCENE = '"participant_attributes":{"sceneId":"intro","eventId":"launch-2026"}'
FIXTURES = [
    *sdk("JavaScript", BROWSER, js,
         ("none", "{}", MISSING, MISSING),
         ("room", '{"room_name":"stage-1"}', ROOM, ROOM),
         ("room, scene, event", f'{{"room_name":"stage-1",{SCENE}}}', ROOM, ROOM),
         ("room, everything else empty",
          '{"room_name":"stage-1","participant_name":"","participant_identity":"","participant_metadata":""}', ROOM, ROOM),
         ("room, empty agent", '{"room_name":"stage-1","room_config":{"agents":[{}]}}', ROOM, ROOM),
         ("room, name", '{"room_name":"stage-1","participant_name":"Gräfin"}', NAME, ROOM),
         ("room, attribute", f'{{"room_name":"stage-1",{SEAT}}}', ATTRIBUTE, ROOM),
         ("room, agent", '{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator","metadata":"{\\"a\\":1}"}]}}',
          AGENT, ROOM),
         ("room, agent and deployment",
          '{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator","deployment":"staging"}]}}',
          DEPLOYMENT, DEPLOYMENT),
         ("full", '{"room_name":"stage-1","participant_name":"Gräfin","participant_identity":"me",'
          f'"participant_metadata":"{{}}",{SEAT},"room_config":{{"agents":[{{"agent_name":"narrator","metadata":"x"}}]}}}}',
          IDENTITY, IDENTITY),
         ("full, own identity", '{"room_name":"stage-1","participant_name":"Gräfin","participant_identity":"%s",'
          f'{SEAT},"room_config":{{"agents":[{{"agent_name":"narrator","metadata":"x"}}]}}}}', NAME, ROOM)),
    # JSONEncoder keeps no order, and escapes the solidus.
    *sdk("Swift", APPLE, swift,
         ("none", '{"room_config":{}}', MISSING, MISSING),
         ("room", '{"room_config":{},"room_name":"stage-1"}', ROOM, ROOM),
         ("room, scene, event", f'{{{SCENE},"room_config":{{}},"room_name":"stage-1"}}', ROOM, ROOM),
         ("room, agent", '{"room_config":{"agents":[{"metadata":"a\\/b","agent_name":"narrator"}]},"room_name":"stage-1"}',
          AGENT, ROOM),
         ("full", '{"participant_metadata":"{}","room_config":{},"room_name":"stage-1","participant_name":"Ada"}',
          METADATA, METADATA)),
    *sdk("Android", OKHTTP, android,
         ("none", '{"room_config":{}}', MISSING, MISSING),
         ("room", '{"room_name":"stage-1","room_config":{}}', ROOM, ROOM),
         ("room, scene, event", f'{{"room_name":"stage-1",{SCENE},"room_config":{{}}}}', ROOM, ROOM),
         ("room, name", '{"room_name":"stage-1","participant_name":"Ada","room_config":{}}', NAME, ROOM),
         ("room, agent", '{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator"}]}}', AGENT, ROOM),
         ("room, agent and deployment",
          '{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator","deployment":"staging","attributes":{"a":"b"}}]}}',
          DEPLOYMENT, DEPLOYMENT)),
    *sdk("Flutter", DART, flutter,
         ("none", '{"room_config":{}}', MISSING, MISSING),
         ("none, an older one", "{}", MISSING, MISSING),
         ("room", '{"room_name":"stage-1","room_config":{}}', ROOM, ROOM),
         ("room, scene, event", f'{{"room_name":"stage-1",{SCENE},"room_config":{{}}}}', ROOM, ROOM),
         ("room, name, attribute", f'{{"room_name":"stage-1","participant_name":"Ada",{SEAT},"room_config":{{}}}}', NAME, ROOM),
         ("room, agent", '{"room_name":"stage-1","room_config":{"agents":[{"agent_name":"narrator","metadata":"x"}]}}',
          AGENT, ROOM)),
    # What others of LiveKit's languages make of the same schema: camelCase, and null for what is not set.
    *sdk("camelCase, null", BROWSER, js,
         ("room", '{"roomName":"stage-1","participantName":null,"participantIdentity":null,"participantMetadata":null,'
          '"participantAttributes":null,"roomConfig":null}', ROOM, ROOM),
         ("room, agent", '{"roomName":"stage-1","roomConfig":{"name":"","emptyTimeout":0,"maxParticipants":0,'
          '"agents":[{"agentName":"narrator","metadata":""}]}}', AGENT, ROOM)),
]


def fixtures():
    """Each succeeds or is refused by rule, and its SDK makes of the answer what it should."""
    rows = []
    for fixture in FIXTURES:
        row = [f"{fixture.sdk}: {fixture.options}"]
        for site, expected in ((STRICT, fixture.strict), (GENEROUS, fixture.generous)):
            bearer = session(site)
            own = verified(site, post(site, "/livekit/token", '{"roomId":"stage-1"}', bearer=bearer)[2]["token"]).identity
            body = fixture.body % own if "%s" in fixture.body else fixture.body
            status, headers, answer = post(site, "/livekit/token-source", body, fixture.headers, bearer)
            where = f"{row[0]} at {os.path.basename(site)}: {status} {answer}"
            assert (status, answer.get("code")) == expected[:2], where
            read = fixture.reads(status, answer)
            if status == 201:
                server, token = read
                assert server == "wss://livekit.example.com", where
                claims = verified(site, token)
                assert claims.video.room == answer["room_name"] == "stage-1" and claims.identity == own, where
                assert answer.get("participant_name") == claims.name, where
                row.append("201")
            else:
                assert expected[2] in answer["detail"], where
                assert read is None and not SUCCESS_KEYS & answer.keys(), where
                assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-Id"]), where
                row.append(f"{status} {expected[2]}")
        rows.append(row)
    print(f"{len(rows)} requests of SDKs × 2 policies: each succeeds or is refused by rule")
    for row in rows:
        print(f"{row[0]:<42} nothing allowed: {row[1]:<38} allowed: {row[2]}")


def same_grants():
    """The same caller gets the same grants, whichever endpoint is asked, wherever there is a token at all."""
    tokens = 0
    for user, room, scene, event in itertools.product(
            ("alice", "bob"), ("stage-1", "stage-2", "lobby", "show", "nowhere"), (None, "intro"), (None, "launch-2026")):
        ids = {key: value for key, value in (("sceneId", scene), ("eventId", event)) if value}
        bearer = session(STRICT, user)
        ours = post(STRICT, "/livekit/token", json.dumps({"roomId": room, **ids}), bearer=bearer)
        theirs = post(STRICT, "/livekit/token-source", json.dumps(
            {"room_name": room, "participant_attributes": ids, "room_config": {}}), bearer=bearer)
        where = (user, room, scene, event, ours, theirs)
        if ours[0] != 200:
            assert theirs[0] == ours[0], where
            assert {**theirs[2], "requestId": ""} == {**ours[2], "requestId": ""}, where
            continue
        assert theirs[0] == 201, where
        ours, theirs = verified(STRICT, ours[2]["token"]), verified(STRICT, theirs[2]["participant_token"])
        assert ours.video == theirs.video and ours.video.room == room and ours.video.room_join is True, where
        assert (ours.identity, ours.name, ours.metadata) == (theirs.identity, theirs.name, theirs.metadata), where
        assert not theirs.attributes and not theirs.room_config, where
        tokens += 1
    assert tokens >= 8, tokens

    # And where a client may set more, that is what LiveKit finds; the grants stay.
    bearer = session(GENEROUS)
    plain = verified(GENEROUS, post(GENEROUS, "/livekit/token", '{"roomId":"stage-1"}', bearer=bearer)[2]["token"])
    more = verified(GENEROUS, post(GENEROUS, "/livekit/token-source", json.dumps({
        "room_name": "stage-1", "participant_name": "Gräfin", "participant_attributes": {"seat": "12"},
        "room_config": {"agents": [{"agent_name": "narrator", "metadata": "{}"}]}}), bearer=bearer)[2]["participant_token"])
    assert more.video == plain.video and more.identity == plain.identity and more.metadata == plain.metadata
    assert more.name == "Gräfin" and more.attributes == {"seat": "12"}, more
    dispatches = [(agent.agent_name, agent.metadata) for agent in more.room_config.agents]
    assert dispatches == [("narrator", "{}")] and not more.room_config.HasField("egress"), more.room_config
    print(f"{tokens} pairs of tokens with the same grants; refusals alike; attributes and agent as LiveKit's SDK reads them")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
