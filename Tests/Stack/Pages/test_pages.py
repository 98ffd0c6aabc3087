"""The page to try it, and web apps of other origins, in a real browser."""

import base64
import json
import os
import re
import signal
import subprocess
import time
import urllib.parse

import pytest
import yaml
from browser import Browser, web_app
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support.deployment import ROOT, Deployment, seed
from support.responder import Responder
from support.web_server import WebServer


class Site:
    """A deployment whose nginx has the page to try it, and which may let another origin ask."""

    def __init__(self, path, configuration=""):
        self.deployment = Deployment.create(path, configuration)
        self.responder = Responder(self.deployment).wait_until_ready()
        self.web_server = WebServer(self.deployment)
        self.url, self.page = self.web_server.url, f"{self.web_server.url}/livekit/try/"
        script = 'source "$1/deploy/throwaway.sh" && throwaway_try_page "$2"'
        subprocess.run(["bash", "-euc", script, "bash", str(ROOT), str(self.web_server.directory)], check=True)
        seed(self.deployment)
        self.deployment.execute(
            "UPDATE users SET name = 'Alice Liddell', did = 'did:web:alice.example' WHERE user_id = 'alice'"
        )

    def allow(self, origin):
        """Lets the pages of an origin read what the service answers."""
        origins, default = self.web_server.directory / "snippets/livekit-tokend-origins.conf", '    default "";'
        assert default in origins.read_text()
        origins.write_text(origins.read_text().replace(default, f"{default}\n    {origin} $http_origin;"))

    def stop(self):
        self.responder.stop()
        self.web_server.stop()


@pytest.fixture(scope="module")
def site(stack):
    site = Site(f"{stack}/pages")
    with web_app(service=site.url) as site.app:
        site.allow(site.app.rstrip("/"))
        site.web_server.start()
        yield site
    site.stop()


@pytest.fixture(scope="module")
def short_site(stack):
    """A site whose tokens live for ten seconds."""
    site = Site(f"{stack}/short", "token: {ttl: 10s, min_ttl: 10s}\n")
    site.web_server.start()
    yield site
    site.stop()


@pytest.fixture
def bearer(site):
    """A session of alice's, of each test its own, so that none uses up another's rate."""
    return site.deployment.new_session("alice")


def typed(commands, pasted):
    """What bash prints of commands that read what is pasted."""
    bash = ["bash", "-c", commands]
    return subprocess.run(bash, input=f"{pasted}\n", check=True, capture_output=True, text=True, timeout=60).stdout


def assert_refused(browser, title):
    assert browser.outcome() == "refusal"
    assert browser.text("refusal-title") == title


# --- Yes --------------------------------------------------------------------------------------------------------------


def test_a_token_and_all_that_is_said_of_it(site, bearer):
    """A token: who, where, what, until when; what can be copied works; the session is nowhere."""
    with Browser(site.page) as browser:
        browser.ask(session=f"Bearer {bearer} ", room="stage-1", scene="intro", event="launch-2026")
        assert browser.outcome() == "success"
        assert browser.text("ticket-room") == "stage-1"
        assert browser.text("ticket-chips").split("\n") == ["scene intro", "event launch-2026", "as host"]
        assert browser.text("who-name") == "Alice Liddell · did:web:alice.example"
        assert re.fullmatch(r"user-[0-9a-f-]{36}", browser.text("who-identity"))
        assert re.fullmatch(r"4:\d\d|5:00", browser.text("clock")), browser.text("clock")
        assert browser.text("may").split("\n") == [
            "Enter the room",
            "See and hear the others",
            "Show camera, microphone and screen",
            "Send messages and data",
            "Not change your own name or metadata",
            "Not moderate others",
        ]
        assert browser["skew"].get_attribute("hidden") is not None
        first = browser.text("clock")
        browser.wait(lambda: browser.text("clock") != first)

        # The link is LiveKit Meet's custom join, with the token whose claims are on show.
        link = urllib.parse.urlsplit(browser["meet"].get_attribute("href"))
        assert f"{link.scheme}://{link.netloc}{link.path}" == "https://meet.livekit.io/custom"
        query = urllib.parse.parse_qs(link.query)
        assert query["liveKitUrl"] == ["wss://livekit.school.edu"]
        payload = query["token"][0].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        shown = browser.text("claims")
        assert claims["jti"] in shown
        assert f'"exp": {claims["exp"]}' in shown
        assert json.loads(claims["metadata"])["did"] in shown
        assert browser["meet"].get_attribute("rel") == "noopener noreferrer"

        # The end is there in the log's words too.
        end = time.strftime("%H:%M:%SZ", time.gmtime(claims["exp"]))
        assert browser.text("stub-note").endswith(f"in the log {end}")
        assert f"T{end}" in shown and "in the token one string of JSON" in shown
        assert "meet.livekit.io" in browser.text("meet-note") and "in its URL" in browser.text("meet-note")
        assert "camera" not in browser.text("meet-note")

        # The curl on show, typed as it stands, with the session pasted: it works on a certificate of the machine's own,
        # and no argument has the session.
        code = browser.text("code")
        assert typed(f"{code} --silent --output /dev/null --write-out '%{{http_code}}'", bearer).strip() == "201"
        arguments, header = typed(f"curl() {{ printf '%s ' \"$@\"; echo; cat; }}\n{code}", bearer).strip().split("\n")
        assert bearer not in arguments and header == f"Authorization: Bearer {bearer}"

        # The session is in its field and nowhere else.
        assert browser.js("return [localStorage.length, sessionStorage.length, document.cookie, location.href]") == [
            0,
            0,
            "",
            site.page,
        ]
        assert bearer not in browser.js("return document.documentElement.outerHTML")
        requested = browser.js(
            "return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin)"
        )
        assert set(requested) == {site.url}
        browser.driver.refresh()
        assert browser["session"].get_attribute("value") == ""


def test_an_answer_leaves_with_its_question(site, bearer):
    """A ticket is on show only while the fields say what it was asked with; a viewer is told of LiveKit Meet's camera."""
    with Browser(site.page) as browser:
        viewer = site.deployment.new_session("bob")
        browser.ask(session=viewer, room="stage-1")
        assert browser.outcome() == "success"
        assert "camera and microphone" in browser.text("meet-note")
        # Only one button is the one to press next.
        visible = "return [...document.querySelectorAll('.primary')].filter((e) => e.offsetParent).map((e) => e.id)"
        assert browser.js(visible) == ["meet"]
        browser.shot("viewer")
        for field in ("event", "scene", "room", "session"):
            browser[field].send_keys("x")
            assert browser.outcome() is None and browser["blank"].is_displayed(), field
            assert browser.js(visible) == ["submit"]
            browser[field].send_keys(Keys.BACKSPACE)
            browser.ask()
            assert browser.outcome() == "success"
            time.sleep(0.6)
        # A question that cannot be asked takes it away as well, without an input: a reset by the browser, for one.
        browser.js("document.getElementById('room').value = ''")
        browser["submit"].click()
        assert browser["blank"].is_displayed() and browser.outcome() is None
        assert viewer not in browser.js("return document.documentElement.outerHTML")


def test_code_to_copy_in_six_languages(site, bearer):
    """Each language has its code, with this server, this room, and no session in it."""
    with Browser(site.page) as browser:
        browser.ask(session=bearer, room="stage-1", scene="intro")
        for tab in browser.driver.find_elements(By.CSS_SELECTOR, "#tabs button"):
            tab.click()
            code = browser.text("code")
            for part in (f"{site.url}/livekit/token-source", "stage-1", "sceneId", "Authorization"):
                assert part in code
            assert bearer not in code
            if tab.text == "Python":
                compile(code, "snippet", "exec")
        # The tabs are one stop, and the arrows go round.
        browser["tab-Python"].send_keys(Keys.ARROW_RIGHT)
        assert browser.js("return document.activeElement.id") == "tab-curl"
        assert browser["tab-curl"].get_attribute("aria-selected") == "true"


def test_a_token_expires_before_ones_eyes(short_site):
    """A token that lives for ten seconds is on show until it ends, and then is good for nothing."""
    with Browser(short_site.page) as browser:
        with browser.recorded("ticket") as states:
            browser.ask(session=short_site.deployment.new_session("alice"), room="stage-1")
            assert browser.outcome() == "success"
            browser.shot("soon")
            browser.wait(lambda: browser.text("stub-label") == "Expired")
        assert any("soon" in names.split() for _, names, _ in states), "it was never said that it ends soon"
        assert browser.text("clock") == "0:00"
        assert browser.text("admission") == "No longer good for entering"
        assert browser["meet"].get_attribute("href") is None
        assert browser["meet"].get_attribute("aria-disabled") == "true"
        assert browser.js("return document.getElementById('announce').textContent") == "The token has expired."
        browser.shot("expired")
        browser.assert_accessible("expired")
        browser["renew"].click()
        # Another look is soon enough, even if ten seconds are over before it.
        browser.wait(lambda: (browser["meet"].get_attribute("href") or "").startswith("https://meet.livekit.io/custom"))


def test_a_service_that_does_not_say_where_livekit_is(site):
    """Where the service does not say where LiveKit is, there is a token and no link."""

    def answer():
        answers.append(1)
        if len(answers) == 1:
            return 404, {"Content-Type": "application/problem+json"}, b'{"code":"not_found"}'
        return 200, {"Content-Type": "application/json"}, json.dumps({"token": token, "expiresAt": ""}).encode()

    answers = []
    claims = {
        "iss": "APIx",
        "sub": "user-1",
        "jti": "1",
        "iat": int(time.time()) - 100,
        "exp": int(time.time()) + 200,
        "video": {"room": "r", "roomJoin": True, "canPublish": True, "canPublishSources": ["microphone"]},
    }
    token = "e30." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".x"
    with web_app(answer=answer) as url, Browser(url) as browser:
        browser.ask(session="s", room="r")
        assert browser.outcome() == "success"
        assert not browser["meet"].is_displayed()
        assert "livekit.url" in browser.text("meet-note")
        assert "Show your microphone" in browser.text("may")
        assert "Not show anything else" in browser.text("may")
        assert browser.text("who-name") == "nobody with a name"
        # This computer's clock is ahead of that service's; the countdown does not care.
        assert re.search(r"clock is 1\d\d seconds ahead", browser.text("skew")), browser.text("skew")
        assert re.fullmatch(r"5:00|4:\d\d", browser.text("clock")), browser.text("clock")


# --- No ---------------------------------------------------------------------------------------------------------------


def test_what_the_service_refuses(site, bearer):
    """What the service itself refuses, in the user's words, with the request id that is in its log."""
    with Browser(site.page) as browser:
        # The page itself says what cannot be asked.
        browser.ask(wait=False)
        assert browser.text("session-error") == "Paste a session."
        assert browser.text("room-error") == "Name a room."
        assert browser.js("return document.activeElement.id") == "session"
        browser.ask(wait=False, session="two words", room="stage-1")
        assert "no spaces" in browser.text("session-error")

        forbidden = "This session does not open this room now"
        for fields, title in [
            ({"session": "nobody-knows-this-one", "room": "stage-1"}, "This session is not valid"),
            ({"session": bearer, "room": "nowhere"}, forbidden),
            ({"room": "stage-2"}, forbidden),
            # A host would get in.
            (
                {"session": site.deployment.new_session("bob"), "room": "show", "scene": "another", "event": "e9"},
                forbidden,
            ),
            ({"room": "a b", "scene": ""}, "That is not a valid room id here"),
            ({"room": "stage-1", "scene": "a/b"}, "That is not a valid scene id here"),
            ({"scene": "", "event": "ä"}, "That is not a valid event id here"),
            ({"event": "x" * 4096}, "That is too long"),
        ]:
            browser.ask(**fields)
            assert_refused(browser, title)
            request_id = re.search(r"[0-9a-f]{32}", browser.text("refusal-facts")).group()
            if title != "That is too long":
                assert request_id in site.deployment.log.read_text()
            assert browser.js("return document.activeElement.id") == "refusal-title"
            time.sleep(0.6)
        browser.ask(room="nowhere", event="")
        browser.shot("forbidden")
        browser.assert_accessible("forbidden")


def test_every_code_of_openapi_is_explained(site):
    """Each problem that nginx/openapi.yaml knows is one that the page explains."""
    examples = yaml.safe_load((ROOT / "nginx/openapi.yaml").read_text())["components"]["examples"]
    assert len(examples) >= 20
    now = {}

    def answer():
        problem = now["problem"]
        headers = {"Content-Type": "application/problem+json", "X-Request-Id": problem["requestId"]}
        return problem["status"], headers, json.dumps(problem).encode()

    # What no request of the page's can come to.
    unexplained = {
        "method_not_allowed",
        "request_timeout",
        "uri_too_long",
        "unsupported_media_type",
        "not_implemented",
        "http_version_not_supported",
    }
    with web_app(answer=answer) as url, Browser(url) as browser:
        for example in examples.values():
            problem = now["problem"] = example["value"]
            browser.ask(session="s", room="r")
            title = browser.text("refusal-title")
            is_general = title == f"The server refused with {problem['status']}"
            assert is_general == (problem["code"] in unexplained)
            assert problem["code"] in browser.text("refusal-facts")
            assert problem["detail"] in browser.text("refusal-facts")
            assert problem["requestId"] in browser.text("refusal-facts")
            assert browser.text("refusal-status") == f"Refused with {problem['status']}"
            assert browser.text("refusal-why") and (browser.text("refusal-advice") or is_general)
            assert browser["retry"].is_displayed() == (problem["status"] in (429, 501, 502, 503, 504, 505))


def ask_too_often(browser, site, bearer):
    """Asks until that is too often, with the page asking from a script all the while, since a browser on a busy machine may
    take longer for a request than the limit wants.

    What the button to retry said then, in order, and whether it was disabled; the last is that it can be used.
    """
    browser.js(
        """
        window.asking = 0;
        window.crowd = setInterval(() => {
            // No queue comes together that would still be asking when the crowd has been told to stop.
            if (window.asking >= 4) return;
            window.asking += 1;
            fetch(arguments[0], {
                method: 'POST', body: '{"roomId":"stage-1"}',
                headers: {'Content-Type': 'application/json', 'Authorization': 'Bearer ' + arguments[1]},
            }).finally(() => window.asking -= 1);
        }, 50)""",
        f"{site.url}/livekit/token",
        bearer,
    )
    try:
        for _ in range(60):
            with browser.recorded("retry") as states:
                browser.ask()
                if browser.outcome() == "refusal":
                    browser.wait(lambda: browser["retry"].is_enabled())
            if browser.outcome() == "refusal":
                return [(words, is_disabled) for words, _, is_disabled in states]
        raise AssertionError("never too often")
    finally:
        browser.js("clearInterval(window.crowd)")
        browser.wait(lambda: browser.js("return window.asking") == 0)


def assert_counts_down(button):
    """Fails unless the button was disabled, said one second and no more, and then can be used."""
    assert button[0] == ("Try again in 1 s", True)
    assert button[-1] == ("Try again", False)
    assert [words for words, _ in button if words not in ("Try again in 1 s", "Try again")] == []


def test_too_many_requests_and_a_service_that_is_away(site, bearer):
    """Too many requests, and a service that is away or says nothing: what it is, and a way back."""
    with Browser(site.page) as browser:
        browser.fill(session=bearer, room="stage-1")
        button = ask_too_often(browser, site, bearer)
        assert_refused(browser, "Too many requests at once")
        assert_counts_down(button)
        browser.shot("rate-limited")
        time.sleep(1)
        browser["retry"].click()
        browser.wait(lambda: browser.outcome() == "success")

        responder = site.responder.pid
        os.kill(responder, signal.SIGSTOP)
        try:
            browser.ask()
            assert_refused(browser, "The service took too long")
        finally:
            os.kill(responder, signal.SIGCONT)
        time.sleep(1)

        # The web server itself is away, while this device is connected.
        nginx, workers = site.web_server.process.pid, site.web_server.workers()
        assert workers
        os.kill(nginx, signal.SIGSTOP)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        try:
            browser.ask()
            assert_refused(browser, "No answer within ten seconds")
        finally:
            for worker in [*workers, nginx]:
                os.kill(worker, signal.SIGCONT)


def test_no_network(site, bearer):
    """Without a network the page says so, keeps what was typed, and goes on when it is back."""
    with Browser(site.page) as browser:
        browser.fill(session=bearer, room="stage-1")
        network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        browser.driver.execute_cdp_cmd("Network.enable", {})
        browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": True, **network})
        browser.ask()
        assert_refused(browser, "You are offline")
        browser.shot("offline")
        browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **network})
        browser["retry"].click()
        browser.wait(lambda: browser.outcome() == "success")


def test_other_origins(site, bearer):
    """A page of an allowed origin fetches a token, and reads a 429; one of a foreign origin reads nothing."""
    with Browser(site.app) as browser:
        browser.ask(session=bearer, room="stage-1")
        assert browser.outcome() == "success"
        assert re.search(r"[0-9a-f]{32}", browser.text("success-request"))
        button = ask_too_often(browser, site, bearer)
        assert_refused(browser, "Too many requests at once")
        # X-Request-Id and Retry-After can be read, so the button counts down.
        assert re.search(r"[0-9a-f]{32}", browser.text("refusal-facts"))
        assert_counts_down(button)
    time.sleep(2)
    with web_app(service=site.url) as url, Browser(url) as browser:
        browser.ask(session=bearer, room="stage-1")
        assert_refused(browser, "This page may not read the answer")
        assert url.rstrip("/") in browser.text("refusal-advice")
        browser.shot("foreign-origin")
        # Not even without a preflight: what comes back is opaque or nothing.
        result = browser.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "fetch(arguments[0], {method: 'POST', body: '{}'}).then(() => done('read'), (error) => done(error.name))",
            f"{site.url}/livekit/token",
        )
        assert result == "TypeError"


# --- For everyone -----------------------------------------------------------------------------------------------------


def test_by_keyboard_alone(site, bearer):
    """All of it without a mouse, in the order in which it stands there, and one sees where one is."""
    with Browser(site.page) as browser:

        def active():
            return browser.js("const e = document.activeElement; return e.id || e.className || e.tagName")

        def press(*keys):
            webdriver.ActionChains(browser.driver).send_keys(*keys).perform()

        def stops(count):
            found = []
            for _ in range(count):
                press(Keys.TAB)
                found.append(active())
                outline = browser.js(
                    "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]"
                )
                assert outline[0] != "none" and outline[1] != "0px", f"{found[-1]}: {outline}"
            return found

        assert stops(7) == ["skip", "session", "reveal", "room", "scene", "event", "submit"]
        browser["session"].send_keys(bearer)
        browser["room"].send_keys("stage-1")
        press(Keys.ENTER)
        browser.wait(lambda: browser.outcome() == "success")
        assert active() == "ticket-room"
        assert stops(8) == ["meet", "copy-token", "renew", "copy-code", "tab-curl", "code", "copy-claims", "claims"]
        browser["reveal"].send_keys(Keys.SPACE)
        assert browser["session"].get_attribute("type") == "text"
        assert browser["reveal"].get_attribute("aria-pressed") == "true"


def test_axe_core_finds_nothing_and_nothing_is_cut_off(site, bearer, figure):
    """axe-core finds nothing, in either colour scheme, wide and narrow, in each state; and nothing is cut off."""
    rules = 0
    with Browser(site.page) as browser:
        for width, height in ((1280, 900), (320, 640)):
            for scheme in ("light", "dark"):
                browser.driver.get(site.page)
                browser.look(width, height, scheme)
                where = f"{width}-{scheme}"

                def examine(state, where=where):
                    browser.assert_fits(f"{where} {state}")
                    browser.shot(f"{where}-{state}")
                    return browser.assert_accessible(f"{where} {state}")

                rules = max(rules, examine("blank"))
                browser.ask(wait=False, session="two words", room="")
                examine("incomplete")
                time.sleep(1)
                browser.ask(session=bearer, room="stage-1", scene="intro", event="launch-2026")
                rules = max(rules, examine("ticket"))
                browser.ask(room="nowhere")
                examine("refusal")
                assert (
                    browser.js("""
                    return [...document.querySelectorAll('button, a.primary, input')].filter((e) => e.offsetParent)
                        .filter((e) => e.getBoundingClientRect().height < 36).map((e) => e.id || e.textContent)""")
                    == []
                )
    figure(f"{rules} rules of axe-core")


def test_the_content_security_policy_holds(site):
    """The page runs under its Content-Security-Policy: nothing inline, nothing from elsewhere, no frame."""
    with Browser(site.page) as browser:
        for attempt in (
            "document.body.append(Object.assign(document.createElement('img'), {src: 'https://127.0.0.1:1/x'}))",
            "document.body.setAttribute('style', 'color: red')",
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))",
            "fetch('https://localhost:1/').catch(() => {})",
        ):
            blocked = browser.driver.execute_async_script(f"""
                const done = arguments[arguments.length - 1];
                const blocked = (event) => done(event.effectiveDirective);
                document.addEventListener('securitypolicyviolation', blocked, {{once: true}});
                setTimeout(() => done(null), 30000);
                try {{ {attempt} }} catch (error) {{ }}""")
            assert blocked, attempt
        assert browser.js("return window.ran ?? null") is None
        # Those were ours to see.
        browser.driver.get_log("browser")
