"""Fixtures of the tests of the whole stack: deployments, responders, web servers.

All that they write is in one directory, $STACK; Tests/run.sh gives the tests in bash the same one, whose test of
secrets looks through all of it.
"""

import dataclasses
import os
import shutil
import tempfile

import pytest

pytest.register_assert_rewrite("support")

from support import leftovers
from support.deployment import Deployment, seed
from support.places import place_of
from support.responder import Responder
from support.web_server import WebServer

figures = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[figures] = []
    os.environ.setdefault("STACK_PORT", "18443")
    # A session that is given no directory has one of its own.
    config.own_stack = None
    if "STACK" not in os.environ:
        config.own_stack = os.environ["STACK"] = tempfile.mkdtemp(prefix="livekit-tokend-tests.", dir="/tmp")
    # nginx's workers, who are another user, must reach the sockets.
    os.chmod(os.environ["STACK"], 0o711)


def pytest_unconfigure(config):
    if config.own_stack and "KEEP_STACK" not in os.environ:
        shutil.rmtree(config.own_stack)


def pytest_terminal_summary(terminalreporter, config):
    for name, text in config.stash[figures]:
        terminalreporter.write_line(f"{name}: {text}")


@pytest.fixture
def figure(request):
    """Takes words that are worth seeing even where all is well; they stand in the summary."""
    return lambda text: request.config.stash[figures].append((request.node.name, text))


@pytest.fixture(scope="session")
def stack():
    """The directory for all that tests write."""
    return os.environ["STACK"]


@pytest.fixture
def deployment(request):
    """A deployment that only this test knows, with four workers, where alice may enter stage-1."""
    return Deployment.create_with_alice(place_of(request))


@pytest.fixture
def responder(deployment):
    """The running responder of that deployment."""
    return Responder(deployment).wait_until_ready()


@pytest.fixture
def web_server(deployment):
    """The running nginx of that deployment."""
    return WebServer(deployment).start()


@pytest.fixture(scope="module")
def module_deployment(request):
    """The same as deployment, for all tests of a module."""
    return Deployment.create_with_alice(place_of(request))


@pytest.fixture(autouse=True)
def no_leftovers():
    """Ends what a failed test has left running, but not what others of its module or session still use."""
    with leftovers.ended():
        yield


@dataclasses.dataclass
class MainStack:
    deployment: Deployment
    responder: Responder
    web_server: WebServer


@pytest.fixture(scope="session")
def main_stack(stack):
    """A running deployment with nginx and what most tests ask for: users, rooms and members of seed()."""
    deployment = Deployment.create(f"{stack}/main-pytest")
    responder, web_server = Responder(deployment).wait_until_ready(), WebServer(deployment).start()
    seed(deployment)
    yield MainStack(deployment, responder, web_server)
    assert responder.stop() == 0
    web_server.stop()
