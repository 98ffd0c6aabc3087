"""Fixtures of the tests of the gate: a whole site, on LiveKit's stand-in and on a real server where there is one."""

import os
import tempfile

import pytest

from support.livekit_site import LiveKitSite
from support.livekit import SERVER, STAND_IN, real_server


@pytest.fixture(params=[STAND_IN, SERVER])
def kind(request):
    """Which LiveKit is behind nginx."""
    if request.param == SERVER and real_server() is None:
        pytest.skip("no livekit-server on the PATH, and LIVEKIT_SERVER names none")
    return request.param


@pytest.fixture
def make_site(stack, kind):
    """Makes a site, which is ended with the test: LiveKitSite's arguments but for the path."""
    sites = []

    def make(*arguments, lift_limits=False, **options):
        path = tempfile.mkdtemp(prefix="gate-", dir=stack)
        # For nginx's workers, who are another user.
        os.chmod(path, 0o711)
        sites.append(LiveKitSite(path, *arguments, kind=kind, **options))
        return sites[-1].start(lift_limits)

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def site(make_site):
    """One where alice is a host of stage-1."""
    return make_site()
