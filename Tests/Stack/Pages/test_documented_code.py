"""The JavaScript of nginx/README.md, run in a real browser as it stands there.

LiveKit's SDK has a stand-in of three lines, whose errors are worded as those of livekit-client 2.23.
"""

import json
import re

import pytest
from browser import Browser, web_app
from support.deployment import ROOT

STAND_IN = """
    const { outcomes, forced } = window;
    const TokenSource = { endpoint: (url, options) => ({ url, options, fetch: async (asked, force) => {
        forced.push([asked, force]);
        const outcome = outcomes.shift();
        if (typeof outcome === 'string') throw new Error(outcome);
        return outcome;
    } }) };
    const Room = class { async connect(...where) { this.where = where; } };
    const session = 'lks_x';
"""
TOKEN = {"serverUrl": "wss://livekit.example.com", "participantToken": "eyJ"}
RECEIVED = "Error generating token from endpoint https://livekit.example.com/livekit/token-source: received"
LIMITED = json.dumps({"status": 429, "code": "rate_limited", "detail": "…", "retryAfter": 1, "requestId": "0" * 32})


def snippet(title):
    """The code below a heading, without its imports."""
    text = (ROOT / "nginx/README.md").read_text()
    section = re.search(rf"^### {title}\n(.*?)^###? ", text, re.MULTILINE | re.DOTALL)[1]
    code = re.search(r"(?:^    .*\n|^\n)+", section, re.MULTILINE)[0]
    return re.sub(r"^    import .*\n", "", code, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def enter():
    """Enters a room as often as there are outcomes: what came of each, and what the SDK was asked."""
    with web_app() as url, Browser(url) as browser:

        def run(*outcomes):
            return browser.driver.execute_async_script(
                f"""
                const done = arguments[arguments.length - 1];
                [window.outcomes, window.forced] = [arguments[0], []];
                {STAND_IN}
                {snippet("JavaScript")}
                (async () => {{
                    const results = [];
                    while (outcomes.length) {{
                        results.push(await enter().then((room) => room.where, (error) => error.refusal));
                    }}
                    const same = forced.every(([asked]) => asked === options);
                    done([results, forced.map(([, force]) => force), same, source.options.headers]);
                }})().catch((error) => done(String(error)))""",
                list(outcomes),
            )

        yield run


def test_a_token_is_asked_for_with_the_session_and_kept_options(enter):
    results, forced, same, headers = enter(TOKEN, TOKEN)
    assert results == [[TOKEN["serverUrl"], TOKEN["participantToken"]]] * 2
    assert forced == [False, False] and same
    assert headers == {"Authorization": "Bearer lks_x"}


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        (f"{RECEIVED} 429 / {LIMITED}", {"status": 429, "code": "rate_limited", "retryAfter": 1}),
        (f"{RECEIVED} 403 / {{\"code\":\"forbidden\"}}\n", {"status": 403, "code": "forbidden", "retryAfter": None}),
        (f"{RECEIVED} 502 / <html>\n<h1>502 Bad Gateway</h1>", {"status": 502, "code": None, "retryAfter": None}),
        (f"{RECEIVED} 504 / ", {"status": 504, "code": None, "retryAfter": None}),
        (f"{RECEIVED} 500 / null", {"status": 500, "code": None, "retryAfter": None}),
        ("Failed to fetch", {"status": None, "code": None, "retryAfter": None}),
    ],
    ids=["limited", "forbidden", "HTML", "empty", "null", "no answer"],
)
def test_a_refusal_says_what_it_can_and_the_next_request_keeps_nothing(enter, message, refusal):
    results, forced, _, _ = enter(message, message, TOKEN, TOKEN)
    assert [{"status": None, "code": None, "retryAfter": None, **result} for result in results[:2]] == [refusal] * 2
    assert forced == [False, True, True, False], "what the SDK kept is no token of this room"
