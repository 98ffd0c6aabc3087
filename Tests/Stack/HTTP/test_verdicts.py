"""Hundreds of requests through nginx: each gets the verdict that comes first in the order of judgement, or a token."""

import dataclasses
import json

import pytest
from choices import (
    BODIES,
    FORBIDDEN,
    ILL_FORMED,
    INVALID_ROOM,
    LIMIT,
    MALFORMED,
    MEDIA_TYPES,
    METHODS,
    NOT_GET,
    NOT_POST,
    PATHS,
    REFUSED_BY_NGINX,
    SESSION_INVALID,
    SESSION_MISSING,
    STAGE,
    TOO_LARGE,
    UNKNOWN_FIELD,
    WELL_FORMED,
    WRONG_TYPE,
    padded,
)
from rows import Rows


@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
def test_the_first_verdict_in_the_order_of_judgement_wins(main_stack, method):
    """Method × media type × session × body: every combination of a few choices of each kind."""
    some_bodies = [
        (STAGE, None),
        (b"{", MALFORMED),
        (b'{"x":1}', UNKNOWN_FIELD),
        (b'{"roomId":"a b"}', INVALID_ROOM),
        (b'{"roomId":"nowhere"}', FORBIDDEN),
        (padded(STAGE, LIMIT + 1), TOO_LARGE),
    ]
    sessions = [("valid", None), ("none", SESSION_MISSING), ("unknown", SESSION_INVALID), ("revoked", SESSION_INVALID)]
    method_verdict = None if method == "POST" else NOT_POST
    with Rows(main_stack) as rows:
        for media_type, type_verdict in (("application/json", None), (None, WRONG_TYPE), ("text/plain", WRONG_TYPE)):
            for kind, session_verdict in sessions:
                for body, body_verdict in some_bodies:
                    # nginx looks at the size before all else is looked at.
                    size_verdict = body_verdict if body_verdict == TOO_LARGE else None
                    verdicts = [size_verdict, method_verdict, type_verdict, session_verdict, body_verdict]
                    rows.row(
                        next(filter(None, verdicts), None),
                        method,
                        media_type=media_type,
                        authorization=None if kind == "none" else rows.bearer(kind),
                        body=body,
                    )


def test_methods_and_paths(main_stack):
    with Rows(main_stack) as rows:
        for path, path_verdict in PATHS:
            for method, method_verdict in METHODS:
                first = path_verdict or method_verdict
                # nginx refuses these two before it looks where they go; what is allowed it knows where it is plain.
                if method in ("TRACE", "CONNECT"):
                    if path == "/livekit/token%00":
                        continue
                    first = method_verdict
                rows.row(first, method, path, authorization=rows.bearer("valid"))


def test_methods_of_health(main_stack):
    with Rows(main_stack) as rows:
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
            verdict = dataclasses.replace(NOT_GET, by_nginx=method == "TRACE")
            rows.row(None if method in ("GET", "HEAD") else verdict, method, "/livekit/health", body=b"", health=True)


def test_media_types_with_and_without_a_session(main_stack):
    with Rows(main_stack) as rows:
        for media_type, verdict in MEDIA_TYPES:
            for kind, session_verdict in (("valid", None), ("unknown", SESSION_INVALID)):
                rows.row(verdict or session_verdict, media_type=media_type, authorization=rows.bearer(kind))


def test_well_formed_authorization_with_each_kind_of_session(main_stack):
    with Rows(main_stack) as rows:
        for form in WELL_FORMED:
            for kind in ("valid", "unknown", "expired", "ending", "revoked", "disabled"):
                verdict = None if kind == "valid" else SESSION_INVALID
                rows.row(verdict, authorization=form.format(rows.bearers(kind)))


def test_ill_formed_authorization_is_no_session_even_if_there_is_one(main_stack):
    with Rows(main_stack) as rows:
        for form in ILL_FORMED:
            for kind in ("valid", "unknown"):
                authorization = None if form is None else form.replace("{}", rows.bearers(kind))
                rows.row(SESSION_MISSING, authorization=authorization)


def test_a_bearer_is_its_bytes(main_stack):
    with Rows(main_stack) as rows:
        rows.row(SESSION_INVALID, authorization=f"Bearer {rows.bearers('valid').swapcase()}")
        for length, verdict in ((1000, SESSION_INVALID), (8000, SESSION_INVALID), (17000, REFUSED_BY_NGINX)):
            rows.row(verdict, authorization="Bearer " + "a" * length)


def test_bodies_with_a_session(main_stack):
    with Rows(main_stack) as rows:
        for body, verdict in BODIES:
            asked = {}
            if verdict is None:
                asked = {name: json.loads(body).get(f"{name}Id") or None for name in ("scene", "event")}
            rows.row(verdict, authorization=rows.bearer("valid"), body=body, token=asked)


def test_without_a_session_the_answer_does_not_say_what_is_wrong_with_a_body(main_stack):
    with Rows(main_stack) as rows:
        for body, verdict in BODIES:
            verdict = verdict if verdict == TOO_LARGE else SESSION_INVALID
            rows.row(verdict, authorization=rows.bearer("unknown"), body=body)
