"""Requests that only a broken or a hostile peer sends. By hand with more of them than in every run:

HOSTILE_CASES=1000000 HOSTILE_SEED=2 Tests/run.sh hostile
"""

import os

from support.damaged_requests import send_all


def test_damaged_requests_harm_neither_the_process_nor_good_requests(deployment, responder, figure):
    cases, seed = int(os.environ.get("HOSTILE_CASES", "20000")), int(os.environ.get("HOSTILE_SEED", "1"))
    figure(send_all(responder.path, deployment.bearer, cases, seed))
    assert responder.is_running()
    assert responder.stop() == 0
