"""LiveKit's stand-in answers what livekit-server 1.13.5 was recorded to answer (Tests/Recorded/livekit)."""

import asyncio
import base64
import email.utils
import json
import re
import socket
import threading

import jwt
import pytest
from google.protobuf.json_format import MessageToDict
from livekit.protocol import models, rtc

from support import signalling
from support.deployment import ROOT
from support.livekit_standin import STATES, StandIn, claims_of
from support.signalling import Door, Lost, Refused, SignallingClient
from support.waiting import wait_until

RECORDED = ROOT / "Tests/Recorded/livekit"
# The key that the recordings are signed with; their tokens are over.
KEY, SECRET = "APItest", "a-long-enough-secret-for-tests-0123456789abcdef"
ADA = "user-aaaaaaaa-0000-4000-8000-000000000001"
LINUS = "user-bbbbbbbb-0000-4000-8000-000000000002"


class Running:
    """A stand-in in this process, whose clock a test sets."""

    def __init__(self):
        self.now, self.clients = 1795831414.0, []
        self.loop = asyncio.new_event_loop()
        self.stand_in = StandIn({KEY: SECRET}, clock=lambda: self.now)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self.stand_in.start(), self.loop).result(30)
        self.door = Door(self.port)

    def close(self):
        for client in self.clients:
            client.close()
        asyncio.run_coroutine_threadsafe(self.stand_in.stop(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)
        self.loop.close()

    def exchange(self, raw):
        """The answer to the bytes of a request, up to its end."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            connection.sendall(raw)
            received = b""
            while b"\r\n\r\n" not in received:
                chunk = connection.recv(65536)
                assert chunk, "no answer"
                received += chunk
            head, _, body = received.partition(b"\r\n\r\n")
            status, *lines = head.decode().split("\r\n")
            headers = [line.split(": ", 1) for line in lines]
            length = int(dict(headers).get("Content-Length", 0))
            while len(body) < length:
                chunk = connection.recv(65536)
                assert chunk, "no whole answer"
                body += chunk
        # Behind 101 come the messages.
        return status, headers, body[:length].decode()

    def token(self, identity=ADA, room="room-a", name="Ada", ttl=300, **claims):
        grants = {"room": room, "roomJoin": True, "canPublish": True, "canSubscribe": True, "canPublishData": True}
        grants |= {"canUpdateOwnMetadata": True} | claims.pop("video", {})
        now = int(self.now)
        own = {"sub": identity, "nbf": now, "exp": now + ttl, "name": name, "video": grants}
        own["metadata"] = '{"sceneId":"intro","roles":["host"]}'
        return jwt.encode({"iss": KEY, **own, **claims}, SECRET, "HS256")

    def client(self, *arguments, sdk=signalling.PYTHON, **claims):
        # Kept, since one that is collected closes its WebSocket.
        self.clients.append(SignallingClient(self.door, self.token(*arguments, **claims), sdk))
        return self.clients[-1]

    def call(self, method, body, video):
        token = jwt.encode({"iss": KEY, "exp": int(self.now) + 30, "video": video}, SECRET, "HS256")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        path = f"/twirp/livekit.RoomService/{method}"
        status, _, answer = self.door.request("POST", path, headers, json.dumps(body))
        return status, json.loads(answer)

    def remove(self, identity=ADA, room="room-a"):
        return self.call("RemoveParticipant", {"room": room, "identity": identity}, {"roomAdmin": True, "room": room})


@pytest.fixture
def running():
    running = Running()
    yield running
    running.close()


def cases(*names):
    """The recorded cases of files that hold several."""
    recorded = [(name, case) for name in names for case in json.loads((RECORDED / "signalling" / name).read_text())]
    return [pytest.param(case, id=f"{name[:-5]}-{case['case']}") for name, case in recorded]


def raw(request):
    """The bytes of a recorded request."""
    lines = [request["line"], *(f"{name}: {value}" for name, value in request["headers"]), "", ""]
    body = request["body"].encode()
    return "\r\n".join(lines).encode() + body


def recorded_time(response):
    """When an answer was recorded; None where it does not say."""
    date = dict(response["headers"]).get("Date")
    return email.utils.parsedate_to_datetime(date).timestamp() if date else None


def told(claims):
    return jwt.encode(claims, SECRET, "HS256")


@pytest.mark.parametrize("case", cases("validate_v0.json", "validate_v1.json", "ws_handshake.json"))
def test_answers_as_recorded_at_the_doors(running, case):
    request, response = case["request"], case["response"]
    claims = request.get("token_claims") or {}
    running.now = recorded_time(response) or float(claims["nbf"] if "nbf" not in case["case"] else claims["iat"])
    if "<long>" in request["line"]:
        long = {"iss": KEY, "exp": int(running.now) + 60, "sub": "u", "video": {"roomJoin": True, "room": "room-a"}}
        long |= {"sub": "x" * 300} if case["case"].startswith("identity") else {}
        long["video"] |= {"room": "x" * 300} if case["case"].startswith("room") else {}
        request["line"] = request["line"].replace("<long>", told(long))
    running.stand_in.auto_create = "auto_create_false" not in case["case"]
    if case["case"].startswith("room_full"):
        room = claims["video"]["room"]
        running.call("CreateRoom", {"name": room, "max_participants": 1}, {"roomCreate": True})
        running.client("somebody", room).connect()
    status, headers, body = running.exchange(raw(request))
    assert [status, headers, body] == [response["status_line"], response["headers"], response["body"]]


# What differs from one run to the next.
VARYING = re.compile(r'("(?:sid|turn_password|joined_at|joined_at_ms|creation_time|creation_time_ms)":")[^"]*"')


def without_what_varies(text):
    return VARYING.sub(r'\1…"', text)


def twirp_cases():
    return [pytest.param(json.loads(path.read_text()), id=path.stem) for path in sorted((RECORDED / "twirp").iterdir())]


@pytest.mark.parametrize("case", twirp_cases())
def test_answers_as_recorded_to_calls(running, case, request):
    name, asked, response = request.node.callspec.id, case["request"], case["response"]
    running.now = recorded_time(response) or running.now
    running.stand_in.silence = 0.2 if "X-Twirp-Timeout-Ms" not in dict(asked["headers"]) else 3
    prepare(running, name, asked, response)
    sent = raw(asked)
    if name in ("body_2mb", "body_12mb", "metadata_600k"):
        length = int(dict(asked["headers"])["Content-Length"])
        head, _, body = sent.partition(b"\r\n\r\n")
        start = body[: body.index(b"xxx" if b"xxx" in body else b"mmm")]
        sent = head + b"\r\n\r\n" + start + b"x" * (length - len(start) - 2) + b'"}'
    elif asked.get("body_base64") or name in ("remove_ok_protobuf", "remove_protobuf_not_found"):
        identity = ADA if name == "remove_ok_protobuf" else "user-x"
        body = b"\x0a\x06room-a\x12" + bytes([len(identity)]) + identity.encode()
        sent = sent.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body
    status, headers, body = running.exchange(sent)
    assert status == response["status_line"]
    lengths_vary = without_what_varies(body) != body
    kept = [header for header in headers if not (lengths_vary and header[0] == "Content-Length")]
    assert kept == [h for h in response["headers"] if not (lengths_vary and h[0] == "Content-Length")]
    assert without_what_varies(body) == without_what_varies(response["body"])


def prepare(running, name, asked, response):
    """Brings about who was there when an answer was recorded."""
    call = json.loads(asked["body"]) if asked["body"].startswith("{") and asked["body"].endswith("}") else {}
    body = json.loads(response["body"]) if response["body"].startswith("{") else {}
    room, succeeds = call.get("room", "room-a"), response["status_line"].endswith("200 OK")
    for person in body.get("participants", [body] if "identity" in body else []):
        seat(running, person, room)
    created = [] if name in ("create_room", "create_room_camel", "create_room_no_name") else [body]
    for each in body.get("rooms", created if "enabled_codecs" in body else []):
        options = {option: each[option] for option in ("empty_timeout", "departure_timeout", "max_participants")}
        options |= {"name": each["name"], "metadata": each["metadata"]}
        running.call("CreateRoom", options, {"roomCreate": True})
        for number in range(each["num_participants"]):
            running.client(f"user-{number}", each["name"]).connect()
            person = running.stand_in.rooms[each["name"]].people[f"user-{number}"]
            person.is_publisher = number < each["num_publishers"]
    if name in ("delete_room_ok", "send_data"):
        running.call("CreateRoom", {"name": room}, {"roomCreate": True})
    elif name in ("mute_track_not_found", "perform_rpc") or name.startswith("remove_") and succeeds:
        running.client(call.get("identity") or call.get("destination_identity") or ADA, room).connect()


def seat(running, person, room):
    """Lets a client in that is listed as the recorded one was."""
    permission = person["permission"]
    grants = {"canPublish": permission["can_publish"], "canSubscribe": permission["can_subscribe"]}
    grants |= {"canPublishData": permission["can_publish_data"], "hidden": permission["hidden"]}
    grants |= {"canUpdateOwnMetadata": permission["can_update_metadata"], "agent": permission["agent"]}
    grants |= {"recorder": permission["recorder"]}
    if permission["can_publish_sources"]:
        grants["canPublishSources"] = [source.lower() for source in permission["can_publish_sources"]]
    sdk = signalling.PYTHON if person["client_protocol"] else signalling.GO
    own = {"metadata": person["metadata"], "attributes": person["attributes"], "video": grants}
    client = running.client(person["identity"], room, person["name"], sdk=sdk, kind=person["kind"].lower(), **own)
    client.answer_offer = lambda: None
    client.connect()
    listed = running.stand_in.rooms[room].people[person["identity"]]
    wait_until(lambda: STATES[listed.state] == person["state"], "the client is not as far as the recorded one")
    # What came before its recording.
    listed.version, listed.is_publisher = person["version"], person["is_publisher"]


def test_the_messages_are_those_of_the_protocol(running):
    def described(name):
        response = rtc.SignalResponse()
        response.ParseFromString(base64.b64decode((RECORDED / f"signal/{name}.b64").read_text()))
        return MessageToDict(response)

    def shape(value):
        """A message without what differs from one run to the next."""
        changing = ("sid", "joinedAt", "joinedAtMs", "creationTime", "creationTimeMs", "turnPassword")
        if isinstance(value, dict):
            return {name: "…" if name in changing else shape(each) for name, each in value.items()}
        return [shape(each) for each in value] if isinstance(value, list) else value

    recorded = described("join_v0_protocol16")["join"]
    identity = recorded["participant"]["identity"]
    client = running.client(identity, "room-c", sdk=signalling.GO, attributes={"lang": "de"})
    client.open("join")
    assert shape(MessageToDict(client.next("join"))) == shape(recorded)
    assert running.remove(identity, "room-c") == (200, {})
    leave = rtc.SignalResponse(leave=client.next("leave"))
    assert MessageToDict(leave) == described("leave_participant_removed")
    client = running.client(identity, "room-c", sdk=signalling.GO)
    client.participant = models.ParticipantInfo(sid="PA_gone")
    client.open("resume")
    assert MessageToDict(client.message()) == described("leave_on_reconnect_after_removal_v0_protocol_16")


@pytest.mark.parametrize("sdk", signalling.SDKS, ids=lambda sdk: sdk.name)
class TestSessions:
    def test_a_renewed_token_has_the_claims_in_their_order_and_no_jti(self, running, sdk):
        client = running.client(sdk=sdk, jti="first", attributes={"lang": "de"}).connect()
        claims = jwt.decode(client.token, SECRET, ["HS256"], options={"verify_signature": True, "verify_exp": False})
        order = ["iss", "sub", "exp", "nbf", "iat", "identity", "name", "kind", "video", "metadata", "attributes"]
        assert list(claims) == order
        assert (claims["identity"], claims["kind"], claims["exp"] - claims["iat"]) == (ADA, "standard", 600)
        grants = ["roomJoin", "room", "canPublish", "canSubscribe", "canPublishData", "canUpdateOwnMetadata"]
        assert list(claims["video"]) == grants

    def test_a_renewed_token_lives_as_long_as_one_that_lived_longer(self, running, sdk):
        client = running.client(sdk=sdk, ttl=2400).connect()
        assert claims_of(client.token, running.stand_in.keys, running.now)["exp"] == int(running.now) + 2400

    def test_lets_in_by_the_renewed_token_whom_it_has_just_removed(self, running, sdk):
        client = running.client(sdk=sdk).connect()
        assert running.remove() == (200, {})
        assert client.removed() == "PARTICIPANT_REMOVED"
        assert running.remove()[1]["code"] == "not_found"
        client.join()
        assert client.is_in()

    def test_a_resume_keeps_the_grants_that_the_session_has(self, running, sdk):
        client = running.client(sdk=sdk).connect()
        client.cut()
        client.token = running.token(video={"canPublish": False})
        assert client.come_back() == "resumed"
        claims = jwt.decode(client.token, options={"verify_signature": False})
        assert claims["video"]["canPublish"] is True

    def test_a_resume_of_somebody_who_is_gone_is_a_join(self, running, sdk):
        client = running.client(sdk=sdk).connect()
        client.cut()
        running.remove()
        assert client.come_back() == "joined"
        assert client.asked() == [("join", 101), ("resume", 101), ("join", 101)]

    def test_a_second_join_takes_the_place_of_the_first(self, running, sdk):
        first, second = running.client(sdk=sdk).connect(), running.client(sdk=sdk).connect()
        assert first.removed() == "DUPLICATE_IDENTITY"
        assert second.is_in()

    def test_a_change_by_the_administrator_is_in_the_next_token(self, running, sdk):
        client = running.client(sdk=sdk).connect()
        change = {"room": "room-a", "identity": ADA, "permission": {"can_subscribe": True}, "name": "New"}
        assert running.call("UpdateParticipant", change, {"roomAdmin": True, "room": "room-a"})[0] == 200
        client.next("refresh_token")
        claims = jwt.decode(client.token, options={"verify_signature": False})
        narrowed = {"canPublish": False, "canPublishData": False, "canUpdateOwnMetadata": False}
        narrowed |= {"canSubscribeMetrics": False, "canManageAgentSession": False, "canSubscribe": True}
        assert claims["name"] == "New"
        assert claims["video"] == {"roomJoin": True, "room": "room-a"} | narrowed

    def test_a_change_by_its_holder_is_in_the_next_token(self, running, sdk):
        client = running.client(sdk=sdk).connect()
        client.send(rtc.SignalRequest(update_metadata=rtc.UpdateParticipantMetadata(metadata="forged")))
        client.next("refresh_token")
        assert jwt.decode(client.token, options={"verify_signature": False})["metadata"] == "forged"

    def test_401_and_403_are_final(self, running, sdk):
        client = running.client(sdk=sdk, iss="APIother")
        with pytest.raises(Refused) as refusal:
            client.connect()
        assert refusal.value.status == 401
        assert client.asked() == [("join", 401), ("validate", 401)]

    def test_whoever_is_elsewhere_is_not_seen(self, running, sdk):
        one = running.client(LINUS, "room-b", sdk=sdk).connect()
        assert not running.client(sdk=sdk).connect().others
        assert [each.identity for each in running.client(room="room-b", sdk=sdk).connect().others] == [LINUS]
        one.leave()
        with pytest.raises((Lost, AttributeError)):
            one.message()


def test_a_token_is_signed_by_any_of_the_keys(running):
    running.stand_in.keys["APItwo"] = "another-long-enough-secret-for-tests-fedcba98765"
    issuers = set()
    for _ in range(64):
        client = running.client().connect()
        issuers.add(jwt.decode(client.token, options={"verify_signature": False})["iss"])
        client.leave()
    assert issuers == {KEY, "APItwo"}


class TestTokens:
    """Where a token is, and which of two."""

    @pytest.mark.parametrize(
        "query, header, identity",
        [
            ("access_token={good}", None, "good"),
            ("access_token={good}&access_token={bad}", None, "good"),
            ("access_token={bad}&access_token={good}", None, 401),
            ("%61ccess_token={good}&access_token={bad}", None, "good"),
            ("ACCESS_TOKEN={good}", None, 401),
            (";access_token={good}", None, 401),
            ("access_token={good}", "Bearer {bad}", 401),
            ("access_token={bad}", "Bearer {good}", "good"),
            ("access_token={good}", "", "good"),
            ("access_token={good}", "bearer {good}", 401),
        ],
    )
    def test_one_is_read_where_livekit_reads_it(self, running, query, header, identity):
        tokens = {"good": running.token("good"), "bad": running.token("bad", iss="APIother")}
        headers = {} if header is None else {"Authorization": header.format(**tokens)}
        status, _, _ = running.door.request("GET", f"/rtc/validate?{query.format(**tokens)}", headers)
        assert status == (identity if isinstance(identity, int) else 200)

    def test_the_last_of_two_names_counts_and_no_name_heeds_case(self, running):
        client = running.client(Sub="somebody-else").connect()
        assert client.participant.identity == "somebody-else"

    def test_a_parameter_makes_an_identity_of_the_same_person(self, running):
        token = running.token()
        answer = running.door.request("GET", f"/rtc/validate?publish=x&access_token={token}")
        assert answer[0] == 200
        token = running.token(video={"canPublish": False})
        assert running.door.request("GET", f"/rtc/validate?publish=x&access_token={token}")[0] == 401
