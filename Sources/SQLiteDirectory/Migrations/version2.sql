-- Schema version 2, released with livekit-tokend 0.4.0: what a key means holds for every verb of SQL.
--
-- A released migration never changes: a test holds this file's SHA-256. It adds triggers alone, and a table for them:
-- no row of version 1 is read or judged, so none can be in the way. The triggers hold whether or not foreign keys are on.

-- Whoever has a key has what hangs on it. A new key would leave the sessions, memberships and stream sessions to the
-- next row that gets the old one.
CREATE TRIGGER users_id_kept BEFORE UPDATE OF user_id ON users WHEN NEW.user_id <> OLD.user_id BEGIN
    SELECT RAISE(ABORT, 'users.user_id never changes: add the new user with livekit-tokend user add, and remove this one with livekit-tokend user remove');
END;
CREATE TRIGGER rooms_id_kept BEFORE UPDATE OF room_id ON rooms WHEN NEW.room_id <> OLD.room_id BEGIN
    SELECT RAISE(ABORT, 'rooms.room_id never changes: add the new room with livekit-tokend room add, and remove this one with livekit-tokend room remove');
END;

-- UPDATE OR REPLACE would delete the row that has the new key: a revoked session, a schedule.
CREATE TRIGGER sessions_token_kept BEFORE UPDATE OF token_sha256 ON sessions WHEN NEW.token_sha256 <> OLD.token_sha256 BEGIN
    SELECT RAISE(ABORT, 'sessions.token_sha256 never changes: create the new session with livekit-tokend session create, and revoke this one with livekit-tokend session revoke');
END;
CREATE TRIGGER stream_sessions_id_kept BEFORE UPDATE OF stream_session_id ON stream_sessions WHEN NEW.stream_session_id <> OLD.stream_session_id BEGIN
    SELECT RAISE(ABORT, 'stream_sessions.stream_session_id never changes: add the new stream session with livekit-tokend stream add, and end this one with livekit-tokend stream end');
END;

-- INSERT OR REPLACE deletes the row before without a word to the triggers on DELETE: a disabled user, a revoked session
-- would be back, and a schedule lifted. The row that is in the way is remembered before an INSERT; if that has
-- put a row in all the same, it has replaced the other. ON CONFLICT DO UPDATE and OR IGNORE put none in.
CREATE TABLE replacing (id ANY NOT NULL) STRICT;
CREATE TRIGGER users_before_insert BEFORE INSERT ON users BEGIN
    DELETE FROM replacing;
    INSERT INTO replacing
        SELECT user_id FROM users WHERE user_id = NEW.user_id
        UNION ALL
        SELECT user_id FROM users WHERE lower(user_id) = lower(NEW.user_id) AND user_id GLOB '[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]';
END;
CREATE TRIGGER users_after_insert AFTER INSERT ON users BEGIN
    SELECT RAISE(ABORT, 'REPLACE would delete a user: write INSERT INTO users (...) VALUES (...) ON CONFLICT (user_id) DO UPDATE SET name = excluded.name')
        FROM replacing;
    SELECT RAISE(ABORT, 'sessions or memberships of a former user of this id are left: add the user with livekit-tokend user add, which removes them')
        WHERE EXISTS (SELECT 1 FROM sessions WHERE user_id = NEW.user_id)
        OR EXISTS (SELECT 1 FROM members WHERE user_id = NEW.user_id);
END;
CREATE TRIGGER rooms_before_insert BEFORE INSERT ON rooms BEGIN
    DELETE FROM replacing;
    INSERT INTO replacing SELECT room_id FROM rooms WHERE room_id = NEW.room_id;
END;
CREATE TRIGGER rooms_after_insert AFTER INSERT ON rooms BEGIN
    SELECT RAISE(ABORT, 'REPLACE would delete a room: write INSERT INTO rooms (...) VALUES (...) ON CONFLICT (room_id) DO UPDATE SET access = excluded.access')
        FROM replacing;
    SELECT RAISE(ABORT, 'memberships or stream sessions of a former room of this id are left: add the room with livekit-tokend room add, which removes them')
        WHERE EXISTS (SELECT 1 FROM members WHERE room_id = NEW.room_id)
        OR EXISTS (SELECT 1 FROM stream_sessions WHERE room_id = NEW.room_id);
END;
CREATE TRIGGER sessions_before_insert BEFORE INSERT ON sessions BEGIN
    DELETE FROM replacing;
    INSERT INTO replacing SELECT token_sha256 FROM sessions WHERE token_sha256 = NEW.token_sha256;
END;
CREATE TRIGGER sessions_after_insert AFTER INSERT ON sessions BEGIN
    SELECT RAISE(ABORT, 'REPLACE would delete a session: write INSERT INTO sessions (...) VALUES (...) ON CONFLICT (token_sha256) DO UPDATE SET expires_at = excluded.expires_at')
        FROM replacing;
END;
CREATE TRIGGER stream_sessions_before_insert BEFORE INSERT ON stream_sessions BEGIN
    DELETE FROM replacing;
    INSERT INTO replacing SELECT stream_session_id FROM stream_sessions WHERE stream_session_id = NEW.stream_session_id;
END;
CREATE TRIGGER stream_sessions_after_insert AFTER INSERT ON stream_sessions BEGIN
    SELECT RAISE(ABORT, 'REPLACE would delete a stream session: write INSERT INTO stream_sessions (...) VALUES (...) ON CONFLICT (stream_session_id) DO UPDATE SET closes_at = excluded.closes_at')
        FROM replacing;
END;

-- A CHECK cannot tell UTF-8 from other bytes. SQLite reads a malformed sequence as another code point, so the code
-- points, written again, differ from the name.
CREATE TRIGGER users_name_inserted BEFORE INSERT ON users WHEN NEW.name GLOB '*[^ -~]*' BEGIN
    SELECT RAISE(ABORT, 'users.name must be UTF-8: a name that was cut between the bytes of a letter is not') WHERE NEW.name <> (
        WITH RECURSIVE places (place) AS (SELECT 1 UNION ALL SELECT place + 1 FROM places WHERE place < length(NEW.name))
        SELECT group_concat(char(unicode(substr(NEW.name, place, 1))), '') FROM places);
END;
CREATE TRIGGER users_name_updated BEFORE UPDATE OF name ON users WHEN NEW.name GLOB '*[^ -~]*' BEGIN
    SELECT RAISE(ABORT, 'users.name must be UTF-8: a name that was cut between the bytes of a letter is not') WHERE NEW.name <> (
        WITH RECURSIVE places (place) AS (SELECT 1 UNION ALL SELECT place + 1 FROM places WHERE place < length(NEW.name))
        SELECT group_concat(char(unicode(substr(NEW.name, place, 1))), '') FROM places);
END;
