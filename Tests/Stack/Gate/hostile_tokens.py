"""Rows of the table of hostile requests: tokens, parameters, and calls of LiveKit's API."""

from hostile_rows import (
    CLOSED,
    EXCEEDED,
    GZIP,
    HEADER,
    JOIN_REQUEST,
    LIST,
    MALFORMED,
    METHOD,
    NOT_MEMBER,
    OWN_METADATA,
    PUBLISH,
    QUERY,
    SUFFIXED,
    TWICE,
    call,
    join,
    passed,
    refused,
    request,
    row,
    whip,
)

TOKENS = {
    "B, then G": row(join("/rtc?access_token=<B>&access_token=<G>"), TWICE, bare="in as B"),
    "%61ccess_token=B, then G": row(join("/rtc?%61ccess_token=<B>&access_token=<G>"), TWICE, bare="in as B"),
    "G, then B": row(join("/rtc?access_token=<G>&access_token=<B>"), TWICE, bare="in as G"),
    "ACCESS_TOKEN=B and G": row(join("/rtc?ACCESS_TOKEN=<B>&access_token=<G>"), passed(), bare="in as G"),
    "access_token[]=B and G": row(join("/rtc?access_token[]=<B>&access_token=<G>"), passed(), bare="in as G"),
    "+access_token=B and G": row(join("/rtc?+access_token=<B>&access_token=<G>"), passed(), bare="in as G"),
    ";access_token=B": row(join("/rtc?sdk=js;access_token=<B>"), QUERY, bare="401"),
    "header B, query G": row(join("/rtc?access_token=<G>", "Authorization: Bearer <B>"), TWICE, bare="in as B"),
    "header G, query B": row(join("/rtc?access_token=<B>", "Authorization: Bearer <G>"), TWICE, bare="in as G"),
    "two headers, B and G": row(
        join("/rtc", "Authorization: Bearer <B>", "Authorization: Bearer <G>"), MALFORMED, bare="in as B"
    ),
    "folded header": row(join("/rtc", "Authorization: Bearer", " <B>"), MALFORMED, bare="in as B"),
    "two headers, G and B": row(
        join("/rtc", "Authorization: Bearer <G>", "Authorization: Bearer <B>"), MALFORMED, bare="in as G"
    ),
    "Bearer G, Bearer B": row(
        join("/rtc", "Authorization: Bearer <G>, Bearer <B>"), refused(401, "token_malformed"), bare="401"
    ),
    "bearer B, query G": row(join("/rtc?access_token=<G>", "Authorization: bearer <B>"), HEADER, bare="401"),
    "empty header, query B": row(join("/rtc?access_token=<B>", "Authorization:"), NOT_MEMBER, bare="in as B"),
    "headers named as the gate's answer": row(
        join("/rtc?access_token=<G>", "X-LiveKit-Token: <B>", "X-LiveKit-Query: access_token=<B>"),
        passed(),
        bare="in as G",
    ),
    "Authorization_, HTTP_AUTHORIZATION": row(
        join("/rtc?access_token=<G>", "Authorization_: Bearer <B>", "HTTP_AUTHORIZATION: Bearer <B>"),
        passed(),
        bare="in as G",
    ),
    "Connection: Authorization, Upgrade": row(
        join("/rtc?access_token=<B>", "Connection: Authorization, Upgrade", "Authorization: Bearer <B>"),
        TWICE,
    ),
    "Connection: Authorization, Upgrade, query B": row(
        join("/rtc?access_token=<B>").replace("Connection: Upgrade", "Connection: Authorization, Upgrade"),
        NOT_MEMBER,
        bare="in as B",
    ),
    "B with =": row(join("/rtc?access_token=<B>="), refused(401, "token_malformed"), bare="401"),
    "alg none": row(join("/rtc?access_token=<unsigned>"), refused(401, "token_algorithm"), bare="401"),
    "G with B's payload": row(join("/rtc?access_token=<spliced>"), refused(401, "token_signature"), bare="401"),
    "publish=x": row(join("/rtc?access_token=<G>&publish=x"), PUBLISH, bare="in as G#x"),
    "%70ublish=x": row(join("/rtc?access_token=<G>&%70ublish=x"), PUBLISH, bare="in as G#x"),
    "publish=": row(join("/rtc?access_token=<G>&publish="), PUBLISH, bare="in as G"),
    "publish beside a join_request": row(
        join(f"/rtc/v1?access_token=<G>&publish=x&join_request={GZIP}"), PUBLISH, bare="in as G"
    ),
    "Publish=x": row(join("/rtc?access_token=<G>&Publish=x"), passed(), bare="in as G"),
    "renewed token of G#x": row(join("/rtc?access_token=<suffixed>"), SUFFIXED, bare="in as G#x"),
    "renewed token of B#x": row(join("/rtc?access_token=<suffixed-B>"), SUFFIXED, bare="in as B#x"),
    "room=other": row(join("/rtc?access_token=<G>&room=other"), passed(), bare="in, own room"),
    "two join_requests": row(
        join(f"/rtc/v1?access_token=<G>&join_request={GZIP}&join_request={JOIN_REQUEST}"),
        refused(401, "join_request_twice"),
        bare="in as G",
    ),
    "join_request on the path of v0": row(
        join(f"/rtc?access_token=<G>&join_request={JOIN_REQUEST}"), passed(), bare="in as G"
    ),
    "join_request with gzip": row(
        join(f"/rtc/v1?access_token=<G>&join_request={GZIP}"), passed(path="/rtc/v1"), bare="in as G"
    ),
    "join_request with metadata and attributes": row(
        join(f"/rtc/v1?access_token=<G>&join_request={OWN_METADATA}"), passed(path="/rtc/v1"), bare="401"
    ),
    "token with hidden": row(join("/rtc?access_token=<hidden>"), EXCEEDED, bare="in as G"),
    "speaker's token with roomAdmin": row(join("/rtc?access_token=<admin>"), EXCEEDED, bare="in as G"),
    "query of 7 KiB": row(join(f"/rtc?access_token=<G>&x={'x' * 7168}"), passed(), bare="in as G"),
    "query of 9 KiB": row(join(f"/rtc?access_token=<G>&x={'x' * 9216}"), passed(), bare="in as G"),
}

CALLS = {
    "twirp: List by M": row(call(), passed(200, "M", LIST), bare="200"),
    "twirp: List by M, of another room": row(call(body='{"room":"stage-2"}'), passed(200, "M", LIST), bare="401"),
    "twirp: room twice in the body": row(
        call(body='{"room":"stage-1","room":"stage-2"}'), passed(200, "M", LIST), bare="400"
    ),
    "twirp: method in another case": row(call("listparticipants"), CLOSED, bare="404"),
    "twirp: List/../DeleteRoom": row(call("ListParticipants/../DeleteRoom"), CLOSED, bare="307"),
    "twirp: //livekit.RoomService": row(
        call(path="/twirp//livekit.RoomService/ListParticipants"), passed(200, "M", LIST), bare="307"
    ),
    "twirp: upgrade, then /agent in the pipeline": row(
        call(lines=("Upgrade: websocket", "Connection: Upgrade")) + request("/agent"),
        passed(200, "M", LIST),
        CLOSED,
    ),
    "twirp: roomAdmin of a speaker": row(call(token="<admin>"), EXCEEDED, bare="200"),
    "twirp: livekit%2eRoomService by the same": row(
        call(token="<admin>", path="/twirp/livekit%2eRoomService/ListParticipants"), EXCEEDED, bare="200"
    ),
    "twirp: DeleteRoom by M": row(call("DeleteRoom"), CLOSED, bare="401"),
    "twirp: ListRooms by M": row(call("ListRooms", body="{}"), CLOSED, bare="401"),
    "twirp: Egress by M": row(call(path="/twirp/livekit.Egress/ListEgress", body="{}"), CLOSED, bare="401"),
    "twirp: ListParticipants%0a": row(call("ListParticipants%0a"), CLOSED, bare="404"),
    "twirp: GET": row(call(method="GET", body=""), METHOD, bare="404"),
    "whip: B": row(whip("<B>"), NOT_MEMBER, bare="400"),
    "whip: G with a bad description": row(whip("<G>"), passed(201, path="/whip/v1"), bare="400"),
    "whip: PA_x%0a": row(whip("<G>", "/whip/v1/PA_x%0a", "PATCH"), CLOSED, bare="404"),
    "whip: form of B": row(
        whip("<G>", body="access_token=<B>", kind="application/sdp"), passed(201, path="/whip/v1"), bare="400"
    ),
}
