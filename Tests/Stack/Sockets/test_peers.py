"""Peers on the FastCGI socket that stall, break off or talk nonsense: four times as many as the responder has workers.

While they are there a good request is answered in time; afterwards the process holds no more than before.
"""

import os
import stat
import time

import pytest

from support import fastcgi
from support.fastcgi import STAGE
from support.responder import Responder
from support.stalled_peers import KINDS, Crowd
from support.users import run_as_nobody
from support.waiting import PATIENCE

WORKERS = 4


@pytest.fixture(scope="module")
def deployment(module_deployment):
    return module_deployment


@pytest.fixture(scope="module")
def responder(deployment):
    with Responder(deployment).wait_until_ready() as responder:
        yield responder


def held(responder):
    """How many descriptors are open, but for those of the database: it opens a reader for each worker that needs one."""
    return sum("directory.sqlite" not in target for target in responder.descriptors())


def settled(responder, goal=None):
    """How many descriptors the process holds once it has let go of what it is done with."""
    deadline = time.monotonic() + PATIENCE
    found = held(responder)
    while time.monotonic() < deadline:
        time.sleep(0.2)
        last, found = found, held(responder)
        if found == last and (goal is None or found <= goal):
            break
    return found


@pytest.mark.parametrize("name", KINDS)
def test_good_request_is_answered_among_peers_that(name, deployment, responder, figure):
    kind = KINDS[name]
    assert responder.ask(deployment.bearer).status == 200
    before = settled(responder)

    peers = Crowd(kind, responder.path, deployment.bearer, 4 * WORKERS)
    time.sleep(0.1)
    # Workers that were lost to peers would be so for longer: it takes four seconds here at most, more on a busy
    # machine.
    started = time.monotonic()
    assert responder.ask(deployment.bearer).status == 200
    took = time.monotonic() - started

    peers.wait()
    if kind.statuses is not None:
        assert {fastcgi.receive(connection).status for connection in peers.connections} <= kind.statuses
    peers.close()
    after = settled(responder, before)
    assert after <= before, "descriptors are lost"
    # The workers, the main thread, and what the runtime starts and ends as it likes.
    assert responder.threads() <= WORKERS + 6
    figure(f"answered after {took * 1000:.0f} ms; {after} descriptors, as before")


def status_for(responder, params):
    return fastcgi.exchange(responder.path, params, STAGE).status


TWICE = ("REQUEST_METHOD", "SCRIPT_NAME", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_AUTHORIZATION")


@pytest.mark.parametrize("second", ["the same", "another"])
@pytest.mark.parametrize("name", TWICE)
def test_parameter_that_comes_twice_is_a_fault_of_the_web_server(name, second, deployment, responder):
    usual = fastcgi.token_params(deployment.bearer, STAGE)
    value = dict(usual)[name] if second == "the same" else "x"
    assert status_for(responder, usual + [(name, value)]) == 500


LENGTHS = ("", "-1", "+20", "20x", " 20", "0x14", "1e1", "99999999999999999999", "19", "21")


@pytest.mark.parametrize("length", LENGTHS)
def test_malformed_or_wrong_length_is_refused(length, deployment, responder):
    params = fastcgi.token_params(deployment.bearer, STAGE, CONTENT_LENGTH=length)
    assert status_for(responder, params) in (400, 413)


OTHERS = ("HTTP_PROXY", "HTTP_X_FORWARDED_FOR", "HTTP_COOKIE", "QUERY_STRING", "PATH_INFO", "AUTHORIZATION")


@pytest.mark.parametrize("name", OTHERS)
def test_parameter_that_is_not_the_programs_is_ignored(name, deployment, responder):
    usual = fastcgi.token_params(deployment.bearer, STAGE)
    assert status_for(responder, usual + [(name, "evil")]) == 200


@pytest.mark.parametrize("request_id", ["", "x", "0" * 31, "0" * 33, "G" * 32, "0" * 31 + "\n", None])
def test_malformed_request_id_is_replaced_and_not_repeated(request_id, deployment, responder):
    params = fastcgi.token_params(deployment.bearer, STAGE, REQUEST_ID=request_id)
    answer = fastcgi.exchange(responder.path, params, STAGE)
    assert answer.status == 200
    answered = dict(answer.headers)["X-Request-Id"]
    assert len(answered) == 32 and answered != request_id


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_process_of_another_user_is_closed_without_an_answer(deployment, responder):
    """It may connect where the file system lets it, and is closed before a byte is read."""
    assert responder.is_well()
    mode = stat.S_IMODE(os.stat(responder.path).st_mode)
    os.chmod(deployment.path, 0o711)
    os.chmod(responder.path, 0o666)

    def ask():
        with fastcgi.connect(responder.path) as connection:
            try:
                connection.sendall(fastcgi.message(fastcgi.get_params("/livekit/health")))
            except BrokenPipeError:
                pass
            # No answer to the best of requests.
            assert fastcgi.receive(connection).bytes_seen == 0

    run_as_nobody(ask)
    os.chmod(responder.path, mode)
    assert responder.is_well()


def test_none_of_them_has_ended_the_process(deployment, responder):
    assert responder.is_running()
    assert [event["event"] for event in deployment.events()].count("service.started") == 1
    assert deployment.errors.read_text() == ""
