"""Requests that only a broken or a hostile peer sends. By hand with more of them than in every run:

HOSTILE_CASES=1000000 HOSTILE_SEED=2 Tests/run.sh hostile
"""

import os

import pytest
from support import fastcgi
from support.damaged_requests import send_all


def test_damaged_requests_harm_neither_the_process_nor_good_requests(deployment, responder, figure):
    cases, seed = int(os.environ.get("HOSTILE_CASES", "20000")), int(os.environ.get("HOSTILE_SEED", "1"))
    figure(send_all(responder.path, deployment.bearer, cases, seed))
    assert responder.is_running()
    assert responder.stop() == 0


@pytest.mark.parametrize("values", [("", "application/json"), ("application/json", ""), ("application/json",) * 2])
def test_a_variable_that_comes_twice_is_the_operators_to_mend(deployment, responder, values):
    """As with a location that includes fastcgi_params beside our files: 500, and the log says which variable it is."""
    body = fastcgi.STAGE
    params = fastcgi.token_params(deployment.bearer, body, CONTENT_TYPE=None)
    params += [("CONTENT_TYPE", value) for value in values]
    answer = fastcgi.exchange(responder.path, params, body)
    assert answer.status == 500 and b'"code":"internal"' in answer.body and b"CONTENT_TYPE" not in answer.body
    line = deployment.events()[-1]
    assert (line["reason"], line["level"]) == ("header_repeated", "error")
    assert line["fault"].startswith("CONTENT_TYPE came more than once")
