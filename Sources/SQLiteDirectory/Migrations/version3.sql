-- Schema version 3, released with livekit-tokend 0.6.0: blocks.
--
-- A released migration never changes: a test holds this file's SHA-256. It adds a table and its trigger: no row of an
-- earlier version is read or judged, so none can be in the way.

-- A person who may not enter a room, or any room where room_id is empty. The key is the identity that the person has in
-- LiveKit, which livekit-tokend block derives from the id; user_id is that id, for people to read. It refers to no user
-- and no room: logins name people and rooms that this directory does not know, and who is removed and added again is
-- still barred.
CREATE TABLE blocks (
    identity TEXT NOT NULL CHECK (length(CAST(identity AS BLOB)) = 41 AND identity GLOB 'user-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'),
    room_id TEXT NOT NULL DEFAULT '' CHECK (room_id = '' OR (length(CAST(room_id AS BLOB)) BETWEEN 1 AND 256 AND length(room_id) = length(CAST(room_id AS BLOB)) AND room_id NOT GLOB '*[^!-~]*')),
    user_id TEXT NOT NULL CHECK (length(CAST(user_id AS BLOB)) BETWEEN 1 AND 256 AND length(user_id) = length(CAST(user_id AS BLOB)) AND user_id NOT GLOB '*[^!-~]*'),
    expires_at INTEGER CHECK (expires_at IS NULL OR (expires_at BETWEEN 0 AND 253402300799)),
    why TEXT CHECK (why IS NULL OR (length(CAST(why AS BLOB)) BETWEEN 1 AND 256 AND instr(CAST(why AS BLOB), x'00') = 0 AND why NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*')),
    created_at INTEGER NOT NULL DEFAULT (unixepoch()) CHECK (created_at BETWEEN 0 AND 253402300799),
    -- The identity of a UUID of another version than 5 is that UUID; every other one is a UUID of version 5.
    CHECK (CASE WHEN user_id GLOB '[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]' AND user_id NOT GLOB '??????????????5????[89abAB]*'
        THEN identity = 'user-' || lower(user_id)
        ELSE identity GLOB 'user-??????????????5????[89ab]*' END),
    PRIMARY KEY (identity, room_id)
) STRICT, WITHOUT ROWID;

-- A new key would bar another person, or the same one from another room, and let the former in; UPDATE OR REPLACE would
-- delete the block that has the new one. INSERT OR REPLACE is allowed: it says all that a block has beside its key.
CREATE TRIGGER blocks_key_kept BEFORE UPDATE OF identity, room_id, user_id ON blocks WHEN NEW.identity <> OLD.identity OR NEW.room_id <> OLD.room_id OR NEW.user_id <> OLD.user_id BEGIN
    SELECT RAISE(ABORT, 'the person and the room of a block never change: write the new block with livekit-tokend block, and lift this one with livekit-tokend unblock');
END;
