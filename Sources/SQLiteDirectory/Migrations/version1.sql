-- Schema version 1, released with livekit-tokend 0.1.0: the first.
--
-- A released migration never changes: a test holds this file's SHA-256. Ids are 1-256 bytes of visible ASCII; length()
-- and GLOB stop at a NUL, so the bytes are counted as well. Times are Unix seconds up to the end of the year 9999, which
-- also tells them from milliseconds. What a script need not know has a default.

CREATE TABLE users (
    user_id TEXT PRIMARY KEY NOT NULL CHECK (length(CAST(user_id AS BLOB)) BETWEEN 1 AND 256 AND length(user_id) = length(CAST(user_id AS BLOB)) AND user_id NOT GLOB '*[^!-~]*'),
    did TEXT CHECK (did IS NULL OR (did GLOB 'did:?*' AND length(CAST(did AS BLOB)) BETWEEN 1 AND 256 AND length(did) = length(CAST(did AS BLOB)) AND did NOT GLOB '*[^!-~]*')),
    name TEXT CHECK (name IS NULL OR (length(CAST(name AS BLOB)) BETWEEN 1 AND 256 AND instr(CAST(name AS BLOB), x'00') = 0 AND name NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*')),
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at INTEGER NOT NULL DEFAULT (unixepoch()) CHECK (created_at BETWEEN 0 AND 253402300799)
) STRICT, WITHOUT ROWID;

-- A user whose id is a UUID is that UUID to LiveKit, however its letters are written.
CREATE UNIQUE INDEX users_uuid ON users (lower(user_id)) WHERE user_id GLOB '[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]';

CREATE TABLE sessions (
    token_sha256 BLOB PRIMARY KEY NOT NULL CHECK (length(token_sha256) = 32),
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at INTEGER NOT NULL DEFAULT (unixepoch()) CHECK (created_at BETWEEN 0 AND 253402300799),
    expires_at INTEGER NOT NULL CHECK (expires_at BETWEEN 0 AND 253402300799),
    revoked_at INTEGER CHECK (revoked_at IS NULL OR (revoked_at BETWEEN 0 AND 253402300799))
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE rooms (
    room_id TEXT PRIMARY KEY NOT NULL CHECK (length(CAST(room_id AS BLOB)) BETWEEN 1 AND 256 AND length(room_id) = length(CAST(room_id AS BLOB)) AND room_id NOT GLOB '*[^!-~]*'),
    access TEXT NOT NULL DEFAULT 'restricted' CHECK (access IN ('restricted', 'open')),
    created_at INTEGER NOT NULL DEFAULT (unixepoch()) CHECK (created_at BETWEEN 0 AND 253402300799)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    room_id TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (length(CAST(role AS BLOB)) BETWEEN 1 AND 256 AND length(role) = length(CAST(role AS BLOB)) AND role NOT GLOB '*[^!-~]*'),
    scene_id TEXT NOT NULL DEFAULT '' CHECK (scene_id = '' OR (length(CAST(scene_id AS BLOB)) BETWEEN 1 AND 256 AND length(scene_id) = length(CAST(scene_id AS BLOB)) AND scene_id NOT GLOB '*[^!-~]*')),
    event_id TEXT NOT NULL DEFAULT '' CHECK (event_id = '' OR (length(CAST(event_id AS BLOB)) BETWEEN 1 AND 256 AND length(event_id) = length(CAST(event_id AS BLOB)) AND event_id NOT GLOB '*[^!-~]*')),
    expires_at INTEGER CHECK (expires_at IS NULL OR (expires_at BETWEEN 0 AND 253402300799)),
    PRIMARY KEY (room_id, user_id, role, scene_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members (user_id);

CREATE TABLE stream_sessions (
    stream_session_id TEXT PRIMARY KEY NOT NULL DEFAULT (lower(hex(randomblob(16))))
        CHECK (length(CAST(stream_session_id AS BLOB)) BETWEEN 1 AND 256 AND length(stream_session_id) = length(CAST(stream_session_id AS BLOB)) AND stream_session_id NOT GLOB '*[^!-~]*'),
    room_id TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    scene_id TEXT CHECK (scene_id IS NULL OR (length(CAST(scene_id AS BLOB)) BETWEEN 1 AND 256 AND length(scene_id) = length(CAST(scene_id AS BLOB)) AND scene_id NOT GLOB '*[^!-~]*')),
    event_id TEXT CHECK (event_id IS NULL OR (length(CAST(event_id AS BLOB)) BETWEEN 1 AND 256 AND length(event_id) = length(CAST(event_id AS BLOB)) AND event_id NOT GLOB '*[^!-~]*')),
    opens_at INTEGER CHECK (opens_at IS NULL OR (opens_at BETWEEN 0 AND 253402300799)),
    closes_at INTEGER CHECK (closes_at IS NULL OR (closes_at BETWEEN 0 AND 253402300799)),
    CHECK (opens_at IS NULL OR closes_at IS NULL OR opens_at <= closes_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX stream_sessions_room ON stream_sessions (room_id, closes_at);

-- The sqlite3 shell leaves foreign keys off. What is removed with it takes its rows along all the same: a user
-- or a room that is added again must not find the sessions and members of the one before.
CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
    DELETE FROM sessions WHERE user_id = OLD.user_id;
    DELETE FROM members WHERE user_id = OLD.user_id;
END;
CREATE TRIGGER rooms_removed AFTER DELETE ON rooms BEGIN
    DELETE FROM members WHERE room_id = OLD.room_id;
    DELETE FROM stream_sessions WHERE room_id = OLD.room_id;
END;
