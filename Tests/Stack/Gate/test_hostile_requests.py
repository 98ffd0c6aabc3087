"""Hostile requests at the gate: each ends as its row says, and LiveKit gets the one token that was judged."""

import os
import pathlib
import re
import time
import urllib.parse

import jwt
import pytest
from gate_site import MODERATORS, WHIP, GateSite, Wire, claims_of, unsigned
from hostile_more import PARAMETERS, PLACES, REST
from hostile_rows import PATHS, REQUESTS
from hostile_tokens import CALLS, TOKENS
from support import leftovers
from support.canaries import plant
from support.waiting import wait_until

TABLES = (PATHS, REQUESTS, TOKENS, CALLS, PLACES, PARAMETERS, REST)
ROWS = {name: row for table in TABLES for name, row in table.items()}
# Names of headers that may reach LiveKit, in small letters.
WRITTEN = {"host", "authorization", "x-forwarded-for", "user-agent", "upgrade", "connection"}
WRITTEN |= {f"sec-websocket-{word}" for word in ("key", "version", "extensions")}
WITH_BODY = WRITTEN | {"content-type", "content-length", "if-match"}


def people(site):
    """The tokens that rows name."""
    good, bad, lead = site.member("gloria"), site.member("bert"), site.member("mona", "moderator")
    site.deployment.run("member", "remove", "stage-1", "bert")
    now, video = int(time.time()), claims_of(good)["video"]
    header, _, signature = good.split(".")
    tokens = {"G": good, "B": bad, "M": lead, "unsigned": unsigned(bad)}
    tokens["spliced"] = f"{header}.{bad.split('.')[1]}.{signature}"
    tokens["escaped"] = good.replace(".", "%2E")
    tokens["suffixed"] = site.renewed(good, sub=f"{claims_of(good)['sub']}#x")
    tokens["suffixed-B"] = site.renewed(bad, sub=f"{claims_of(bad)['sub']}#x")
    tokens["renewed"], tokens["renewed-B"] = site.renewed(good), site.renewed(bad)
    tokens["hidden"] = site.signed(good, video={**video, "hidden": True})
    tokens["admin"] = site.signed(good, video={**video, "roomAdmin": True})
    tokens["ended"] = site.signed(good, nbf=now - 300, iat=now - 300, exp=now - 120)
    tokens["endless"] = site.signed(good, exp=None)
    tokens["anonymous"] = site.signed(good, sub=None)
    tokens["cased"] = site.signed(good, Sub=claims_of(bad)["sub"])
    tokens["foreign"] = jwt.encode({**claims_of(good), "iss": "APIother"}, "x" * 40, "HS256")
    tokens["agent"] = site.signed(good, sub="agent-AJ_x")
    tokens["api"] = site.signed(good, sub=None, video={"roomAdmin": True, "room": "stage-1"})
    # Metadata that LiveKit lets a participant have are of up to 512 KB.
    tokens["long"] = site.renewed(good, metadata="m" * 43000)
    tokens["longer"] = site.renewed(good, metadata="m" * 46200)
    plant(*tokens.values())
    return tokens


# As it ships; and in a server that passes on all headers, odd ones too.
SERVERS = {"as it ships": "", "all headers": "    underscores_in_headers on;\n    ignore_invalid_headers off;\n"}


@pytest.fixture(scope="module", params=SERVERS)
def site(request):
    with leftovers.ended():
        site = GateSite(f"{os.environ['STACK']}/hostile-{list(SERVERS).index(request.param)}", MODERATORS, WHIP)
        site.change("    server_tokens off;\n", f"    server_tokens off;\n{SERVERS[request.param]}")
        site.start()
        site.tokens, site.table = people(site), []
        site.wanted = 0
        yield site
        # For people to read.
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in site.table)
        heads = "| request | at the gate | reached LiveKit | LiveKit without a gate |\n| --- | --- | --- | --- |\n"
        pathlib.Path(os.environ["STACK"], "hostile.md").write_text(f"{heads}{table}\n")


def filled(site, text):
    return re.sub(r"<([\w-]+)>", lambda found: site.tokens[found[1]], text)


def tokens_for(arrived):
    """All tokens that LiveKit could find in a request, in its order."""
    found = [value.removeprefix("Bearer ") for value in arrived.values("Authorization")]
    query = urllib.parse.parse_qsl(arrived.query, keep_blank_values=True)
    form = urllib.parse.parse_qsl(arrived.body.decode("latin-1"), keep_blank_values=True)
    is_form = "application/x-www-form-urlencoded" in arrived.values("Content-Type")
    return found + [value for name, value in query + form * is_form if name == "access_token"]


def assert_written(site, arrived, outcome, address):
    """Fails unless each line of a request that reached LiveKit is nginx's or the gate's."""
    target = arrived.line.split(" ")[1]
    assert arrived.path == outcome.path, arrived
    assert arrived.line.endswith(" HTTP/1.1") and re.fullmatch(r"[!-~]+", target), arrived
    assert tokens_for(arrived) == [site.tokens[outcome.who]], "another token"
    names = [name.lower() for name, _ in arrived.headers]
    assert len(names) == len(set(names)), arrived
    if outcome.path.startswith("/rtc"):
        assert (arrived.line.split(" ")[0], arrived.body, set(names) - WRITTEN) == ("GET", b"", set()), arrived
    else:
        assert (arrived.query, set(names) - WITH_BODY) == ("", set()), arrived
    assert arrived.values("X-Forwarded-For") == [address], arrived
    assert arrived.values("Upgrade") in ([], ["websocket"]), arrived
    assert not re.search(r"(?i)publish|room=", arrived.query), arrived


def assert_told(site, response, outcome):
    """Fails unless the responder's log says of an answer what its row does."""
    events = site.events(response.id) if response.id else []
    if outcome.who:
        claims = claims_of(site.tokens[outcome.who])
        told = [(event["event"], event["identity"], event.get("tokenId")) for event in events]
        assert told == [("join.admitted", claims["sub"], claims.get("jti"))]
    elif outcome.reason:
        told = [(event["event"], event["status"], event["reason"]) for event in events]
        assert told == [("join.refused", outcome.status, outcome.reason)]
    else:
        assert events == []


def shown(outcomes, reached):
    """The cells of a row: what is answered, and what reached LiveKit as whom."""
    answers = []
    for outcome in outcomes:
        by = "(LiveKit)" if outcome.who else outcome.reason or ""
        answers.append(f"{outcome.status or 'a page without a status'} {by}".strip())
    return ", ".join(answers), ", ".join(f"{arrived.path} as {outcome.who}" for arrived, outcome in reached) or "–"


@pytest.mark.parametrize("name", ROWS)
def test_request_ends_as_its_row_says(site, name):
    row = ROWS[name]
    before = len(site.echo.arrived)
    with Wire(site) as wire:
        responses = wire.send(filled(site, row.text), len(row.outcomes))
        address = wire.socket.getsockname()[0]
        reached = list(zip(site.echo.arrived[before:], [o for o in row.outcomes if o.who], strict=False))
        site.table.append((name.replace("|", "\\|"), *shown(row.outcomes, reached), row.bare or "–"))
    assert [response.status for response in responses] == [outcome.status for outcome in row.outcomes]
    site.wanted += sum(outcome.who is not None for outcome in row.outcomes)
    assert len(site.echo.arrived) == site.wanted
    for arrived, outcome in reached:
        assert_written(site, arrived, outcome, address)
    for response, outcome in zip(responses, row.outcomes, strict=True):
        assert_told(site, response, outcome)


def test_no_log_has_a_token(site):
    """Of all rows, when all of them are written down."""
    with Wire(site) as wire:
        (last,) = wire.send(filled(site, "GET /rtc/validate?access_token=<B> HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    wait_until(lambda: last.id in site.log.read_text(), "it is not in the access log")
    for name, text in site.logs().items():
        assert "eyJ" not in text, name
        for token in site.tokens.values():
            assert not [part for part in re.findall(r"[\w-]{20,}", token) if part[:60] in text], name
    assert (site.web_server.directory / "log/livekit-tokend.error.log").read_text() == ""


def test_a_bypass_would_be_seen(site):
    """The row of a request that LiveKit takes differently from how it was judged."""
    good = site.tokens["G"]
    arrived = type(site.echo.arrived[0])(1, "GET /rtc?a=b HTTP/1.1", [("Authorization", f"Bearer {good}")], b"")
    assert tokens_for(arrived) == [good]
    for change in (
        {"line": f"GET /rtc?%61ccess_token={good} HTTP/1.1"},
        {"headers": [*arrived.headers, ("Authorization", "Bearer x")]},
        {
            "headers": [*arrived.headers, ("Content-Type", "application/x-www-form-urlencoded")],
            "body": b"access_token=x",
        },
    ):
        other = type(arrived)(**{**vars(arrived), **change})
        assert tokens_for(other) != [good], change


def test_there_are_all_rows(figure):
    tried = sum(bool(row.bare) for row in ROWS.values())
    figure(f"{len(ROWS)} rows, of which {tried} with what LiveKit itself does; the table is $STACK/hostile.md")
    assert len(ROWS) == sum(map(len, TABLES)) >= 200
