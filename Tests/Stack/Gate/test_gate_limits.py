"""The rates of the gate that ship: by token, however it is spelled, and by address."""

import collections

import pytest
from gate_site import MODERATORS, GateSite, ask, request
from hostile_rows import call
from support import leftovers
from support.client import next_address
from support.deployment import ROOT
from support.places import place_of

TIMES = 100


@pytest.fixture(scope="module")
def site(request):
    with leftovers.ended():
        site = GateSite(place_of(request), MODERATORS, lift=False).start()
        site.member("gloria")
        yield site


def statuses(site, texts, address=None):
    """How many requests get which status, each on a connection of its own, from an address of its own or from one."""
    return collections.Counter(ask(site, text, address).status for text in texts)


def validate(*lines, query=""):
    return request(f"/rtc/validate{query}", *lines)


# Where the token stands, with a number in each that makes it another request. The gate refuses those with a bearer of
# another spelling, and counts them all the same.
SPELLINGS = {
    "header": (200, lambda token, number: validate(f"Authorization: Bearer {token}", query=f"?x={number}")),
    "query": (200, lambda token, number: validate(query=f"?access_token={token}&x={number}")),
    "query, later": (200, lambda token, number: validate(query=f"?x={number}&access_token={token}")),
    "query, beside another's name": (
        200,
        lambda token, number: validate(query=f"?ACCESS_TOKEN={'x' * 70}{number}&access_token={token}"),
    ),
    "query, an empty one and the header": (
        200,
        lambda token, number: validate(f"Authorization: Bearer {token}", query=f"?access_token=&x={number}"),
    ),
    "header in another case": (401, lambda token, number: validate(f"Authorization: bEARER {token}")),
    "header with blanks": (401, lambda token, number: validate(f"Authorization: Bearer {' ' * (number % 30)} {token}")),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_token_has_one_rate(site, name):
    status, spelled = SPELLINGS[name]
    token = site.token("gloria")
    counted = statuses(site, [spelled(token, number) for number in range(TIMES)])
    assert set(counted) == {status, 429} and counted[429] >= 40, counted


def test_a_token_has_one_rate_in_all_spellings_and_at_all_endpoints(site):
    token = site.token("gloria")
    spelled = [spell for _, spell in SPELLINGS.values()]
    texts = [spelled[number % len(spelled)](token, number) for number in range(TIMES)]
    texts[::3] = [text.replace("/rtc/", "/rtc/v1/", 1) for text in texts[::3]]
    counted = statuses(site, [call(token=token), *texts])
    assert set(counted) == {200, 401, 403, 429} and counted[429] >= 40, counted
    # Another token of the same user has a rate of its own.
    assert statuses(site, [validate(f"Authorization: Bearer {site.token('gloria')}")] * 20) == {200: 20}


def test_a_moderator_mutes_a_class_with_one_click(site):
    """A call for each of its people; the joins by that token have their own rate."""
    token = site.member("mona", "moderator")
    assert statuses(site, [call("MutePublishedTrack", token=token)] * 60) == {200: 60}
    assert statuses(site, [validate(f"Authorization: Bearer {token}")] * 15) == {200: 15}
    counted = statuses(site, [call(token=token)] * 400)
    assert set(counted) == {200, 429} and counted[429] >= 40, counted


def test_a_token_of_58_kb_has_a_rate(site):
    token = site.renewed(site.token("gloria"), metadata="m" * 43000)
    for text in (validate(f"Authorization: Bearer {token}"), validate(query=f"?access_token={token}")):
        counted = statuses(site, [text] * 50)
        assert counted[429] >= 10, counted


def test_what_is_no_token_uses_up_no_rate_of_one(site):
    token = site.token("gloria")
    tail = token[-63:]
    others = [validate(), validate(query="?access_token="), validate(query=f"?access_token={tail}")]
    others += [validate(query=f"?token={token}"), validate(f"Cookie: access_token={token}")]
    assert statuses(site, others * 40) == {401: 200}
    assert statuses(site, [validate(query=f"?access_token={token}")]) == {200: 1}


def test_an_address_has_a_rate_and_a_class_behind_one_gets_in(site):
    tokens = [site.token("gloria") for _ in range(30)]
    address = next_address()
    assert statuses(site, [validate(query=f"?access_token={token}") for token in tokens] * 5, address) == {200: 150}


def test_a_refusal_of_the_rate_reaches_a_page(site):
    token = site.token("gloria")
    answers = [ask(site, validate(query=f"?access_token={token}")) for _ in range(40)]
    limited = [answer for answer in answers if answer.status == 429]
    assert limited
    for answer in limited:
        assert answer.body == b"Too many attempts; wait a second."
        assert answer.values("access-control-allow-origin") == ["*"]
        assert answer.values("retry-after") == ["1"]
        assert not site.events(answer.id)


def test_an_address_asks_no_more_than_its_rate(request):
    site = GateSite(place_of(request), lift=False)
    site.change("zone=livekit_gate_client:10m rate=50r/s", "zone=livekit_gate_client:10m rate=1r/m", GATE)
    site.change("zone=livekit_gate_client burst=400", "zone=livekit_gate_client burst=10", BURSTS)
    site.start()
    assert statuses(site, [validate()] * 40, next_address()) == {401: 11, 429: 29}
    assert statuses(site, [validate()] * 40) == {401: 40}
    # What is closed asks neither the gate nor LiveKit.
    assert statuses(site, [request_text("/rtc/x"), request_text("/agent")] * 20, next_address()) == {404: 40}


GATE, BURSTS = "snippets/livekit-tokend-gate.conf", "snippets/livekit-tokend-gate-bursts.conf"


def request_text(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_the_manual_has_the_rates_that_ship():
    rates, bursts = ((ROOT / f"nginx/site/{name.partition('/')[2]}").read_text() for name in (GATE, BURSTS))
    manual = (ROOT / "nginx/README.md").read_text()
    for zone, rate, burst in (("client", 50, 400), ("token", 2, 20), ("call", 10, 100)):
        assert f"zone=livekit_gate_{zone}:10m rate={rate}r/s;" in rates
        assert f"zone=livekit_gate_{zone} burst={burst} nodelay;" in bursts
        assert f"| {rate} a second, {burst} more at once |" in manual
