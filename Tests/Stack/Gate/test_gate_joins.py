"""Who may join, and come back: each person is in, is barred by a commit, is thrown out by the administrator, and stays
out, whatever token is left."""

import hashlib
import json
import threading
import time

import pytest

from support import signalling
from support.livekit_site import claims
from support.signalling import Refused
from support.waiting import wait_until


def run(*words):
    def act(site):
        site.deployment.run(*words)

    act.__name__ = "-".join(words[:2])
    return act


def sql(name, statement):
    def act(site):
        assert site.deployment.execute(statement) > 0

    act.__name__ = name
    return act


def remove_one_of_two_users(site):
    site.deployment.run("user", "add", "bob")
    site.deployment.run("user", "remove", "alice")


def disable_and_remove(site):
    site.deployment.run("user", "disable", "alice")
    site.deployment.run("user", "remove", "alice")


def end_the_stream(site):
    streams = json.loads(site.deployment.run("stream", "list", "stage-1", "--json"))
    site.deployment.run("stream", "end", streams[0]["streamSessionId"])


def of_bearer(bearer):
    """The key of a session in the directory."""
    return hashlib.sha256(bearer.encode()).digest()


def one_of_two_sessions(site):
    """The other device's goes on."""
    statement = "UPDATE sessions SET revoked_at = unixepoch() WHERE token_sha256 = ?"
    assert site.deployment.execute(statement, (of_bearer(site.deployment.bearer),)) == 1


ONLY_WHILE_ON_AIR = "roles: {host: {publish: true, subscribe: true, data: true}, viewer: {subscribe: true}}\n"
BY_SESSION = "token: {identity: session}\n"
# The site's configuration, what bars, and the reason in the log.
BARS = [
    ("", run("session", "revoke", "--user", "alice"), "no_open_session"),
    ("", sql("session-expired", "UPDATE sessions SET expires_at = unixepoch() - 1"), "no_open_session"),
    (BY_SESSION, run("session", "revoke", "--user", "alice"), "session_revoked"),
    (BY_SESSION, one_of_two_sessions, "session_revoked"),
    (BY_SESSION, sql("session-expired", "UPDATE sessions SET expires_at = unixepoch() - 1"), "session_expired"),
    ("", run("member", "remove", "stage-1", "alice"), "not_member"),
    ("", sql("membership-expired", "UPDATE members SET expires_at = unixepoch() - 1"), "membership_expired"),
    ("", run("user", "disable", "alice"), "user_disabled"),
    ("", remove_one_of_two_users, "unknown_user"),
    ("", disable_and_remove, "blocked"),
    ("", run("room", "remove", "stage-1"), "unknown_room"),
    ("", run("block", "alice"), "blocked"),
    ("", run("block", "alice", "--room", "stage-1"), "blocked"),
    (ONLY_WHILE_ON_AIR, end_the_stream, "stream_not_open"),
]


@pytest.mark.parametrize(
    "configuration, bar, reason", [pytest.param(*row, id=f"{row[1].__name__}-{row[2]}") for row in BARS]
)
def test_who_is_barred_and_thrown_out_stays_out(make_site, configuration, bar, reason):
    site = make_site(configuration)
    if bar is end_the_stream:
        site.deployment.run("stream", "add", "stage-1", "--closes", "+1h")
    if bar is one_of_two_sessions:
        site.deployment.new_session("alice")
    client = site.client().connect()
    assert client.is_in()
    renewed = client.token
    assert "jti" in claims(client.given) and "jti" not in claims(renewed)
    identity = client.participant.identity
    assert site.joins()[-1]["event"] == "join.admitted" and site.joins()[-1]["identity"] == identity

    # The control: a person who is only thrown out is back, by either token.
    for token in (renewed, client.given):
        assert site.livekit.remove("stage-1", identity) == "ok"
        assert client.removed() == "PARTICIPANT_REMOVED"
        assert client.join(token).is_in()

    bar(site)
    assert client.is_in(), "who is inside stays, until he is thrown out"
    assert site.livekit.remove("stage-1", identity) == "ok"
    assert client.removed() == "PARTICIPANT_REMOVED"
    for token in (renewed, client.given, client.token):
        with pytest.raises(Refused) as refusal:
            client.join(token)
        assert (refusal.value.status, refusal.value.text) == (403, "You may not enter this room now.")
        last = site.joins()[-1]
        assert (last["event"], last["endpoint"], last["reason"]) == ("join.refused", "validate", reason)
        assert (last["status"], last["identity"], last["roomId"]) == (403, identity, "stage-1")
    assert site.livekit.remove("stage-1", identity) == "not_found"
    assert site.livekit.people("stage-1") == []


def test_the_other_device_of_somebody_stays_admitted(make_site):
    """With an identity of the session."""
    site = make_site(BY_SESSION)
    other = site.client(site.token(site.deployment.new_session("alice"))).connect()
    one_of_two_sessions(site)
    other.close()
    assert other.join().is_in()


@pytest.mark.parametrize("sdk", signalling.SDKS, ids=lambda sdk: sdk.name)
class TestSDKs:
    """As each SDK does it."""

    def test_joins_loses_its_websocket_and_is_back(self, site, sdk):
        client = site.client(sdk=sdk).connect()
        client.cut()
        assert client.come_back() in ("resumed", "joined")
        assert client.is_in()
        assert {event["event"] for event in site.joins()} == {"join.admitted"}
        assert {event["endpoint"] for event in site.joins()} == {"rtc"}

    def test_403_is_final_for_who_loses_his_websocket(self, site, sdk):
        client = site.client(sdk=sdk).connect()
        client.cut()
        site.deployment.run("member", "remove", "stage-1", "alice")
        with pytest.raises(Refused) as refusal:
            client.come_back()
        assert refusal.value.status == 403
        resume, join = [("resume", 403), ("validate", 403)], [("join", 403), ("validate", 403)]
        assert client.asked()[1:] == resume + (join if sdk.joins_after_refusal else [])

    def test_401_is_final(self, site, sdk):
        """A token whose signature is another's."""
        head, _, _ = site.token().rpartition(".")
        client = site.client(f"{head}.{site.token().rpartition('.')[2]}", sdk)
        with pytest.raises(Refused) as refusal:
            client.connect()
        assert (refusal.value.status, refusal.value.text.startswith("This token does not")) == (401, True)
        assert client.asked() == [("join", 401), ("validate", 401)]
        assert site.refusals() == ["token_signature", "token_signature"]

    def test_503_for_8_s_is_no_end_for_who_is_inside(self, site, sdk, figure):
        client = site.client(sdk=sdk).connect()
        client.cut()
        away = site.deployment.path / "away.sqlite"
        site.deployment.directory.rename(away)
        wait_until(lambda: site.status(client.token) == 503, "the gate still answers")
        mending = threading.Timer(8, lambda: away.rename(site.deployment.directory))
        started = time.monotonic()
        mending.start()
        assert client.come_back() in ("resumed", "joined")
        mending.join()
        figure(f"{sdk.name} is back after {time.monotonic() - started:.1f} s, {len(client.requests)} requests")
        assert client.is_in()
        statuses = {status for what, status in client.asked() if what != "validate"}
        assert statuses == {101, 503}

    def test_who_was_removed_while_his_websocket_was_lost_stays_out(self, site, sdk):
        """Without the gate such a client is back by itself."""
        client = site.client(sdk=sdk).connect()
        client.cut()
        site.deployment.run("block", "alice")
        site.livekit.remove("stage-1", client.participant.identity)
        with pytest.raises(Refused):
            client.come_back()
        assert site.livekit.people("stage-1") == []


class TestMoments:
    """Somebody who may join does so at once."""

    def test_a_user_who_was_added_just_now_joins(self, site):
        for number in range(30):
            user = f"user-{number}"
            bearer = site.deployment.bearer
            site.deployment.run("user", "add", user)
            site.deployment.run("member", "add", "stage-1", user, "--role", "viewer")
            bearer = site.deployment.new_session(user)
            assert site.client(site.token(bearer)).connect().is_in()
        assert site.refusals() == []

    def test_a_membership_that_was_given_again_counts_at_once(self, site):
        client = site.client().connect()
        for _ in range(10):
            site.deployment.run("member", "remove", "stage-1", "alice")
            assert site.status(client.token) == 403
            site.deployment.run("member", "add", "stage-1", "alice", "--role", "host")
            assert site.status(client.token) == 200

    def test_a_block_holds_from_its_commit_to_its_end(self, site):
        token = site.token()
        for words in (["alice"], ["alice", "--room", "stage-1"]):
            site.deployment.run("block", *words)
            assert site.status(token) == 403
            site.deployment.run("unblock", *words)
            assert site.status(token) == 200
        site.deployment.run("block", "alice", "--room", "elsewhere")
        assert site.status(token) == 200


class TestModerators:
    ROLES = (
        "roles:\n  host: {publish: true, subscribe: true, data: true, room_admin: true, anytime: true}\n"
        "  viewer: {publish: false, subscribe: true, data: false}\n"
    )

    def test_a_role_that_was_taken_away_is_refused_with_the_next_call(self, make_site):
        site = make_site(self.ROLES)
        site.deployment.run("user", "add", "bob")
        site.deployment.run("member", "add", "stage-1", "bob", "--role", "viewer")
        bob = site.client(site.token(site.deployment.new_session("bob"))).connect()
        moderator = site.client().connect()
        token, identity = moderator.token, bob.participant.identity
        status, people = site.call("ListParticipants", token)
        assert status == 200
        names = {person["identity"] for person in json.loads(people)["participants"]}
        assert names == {identity, moderator.participant.identity}
        assert site.call("RemoveParticipant", token, identity=identity)[0] == 200
        assert bob.removed() == "PARTICIPANT_REMOVED"
        assert site.joins()[-1]["endpoint"] == "twirp"
        # A viewer still, and no moderator any more.
        site.deployment.run("member", "remove", "stage-1", "alice")
        site.deployment.run("member", "add", "stage-1", "alice", "--role", "viewer")
        assert site.call("ListParticipants", token)[0] == 403
        assert site.refusals()[-1] == "grants_exceeded"
        assert site.status(token) == 403
        assert site.status(site.token()) == 200
        assert site.call("ListParticipants", site.token())[0] == 403

    def test_another_room_is_livekits_to_refuse(self, make_site):
        site = make_site(self.ROLES)
        assert site.call("ListParticipants", site.token(), room="elsewhere")[0] == 401

    @pytest.mark.parametrize("method", ["DeleteRoom", "CreateRoom", "ListRooms", "PerformRpc", "MoveParticipant"])
    def test_other_calls_do_not_reach_livekit(self, make_site, method):
        site = make_site(self.ROLES)
        assert site.call(method, site.token())[0] == 404
        assert not [line for line in site.livekit.requests() if line["path"].startswith("/twirp")]
