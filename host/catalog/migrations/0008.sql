-- What a person decided (`baton catalog review`): which tracks are one and which are not, and which track a file is. A decision counts
-- whatever any source says, before and after it; only another decision changes it. Tracks are named by ids of services, because their
-- numbers end when two become one. Plugins read these tables; Baton alone writes them.

CREATE TABLE decided_tracks (
    service TEXT NOT NULL,
    id TEXT NOT NULL,
    other_service TEXT NOT NULL,
    other_id TEXT NOT NULL,
    same INTEGER NOT NULL CHECK (same IN (0, 1)),
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (service, id, other_service, other_id),
    CHECK ((service, id) < (other_service, other_id))
) STRICT, WITHOUT ROWID;
CREATE INDEX decided_tracks_other ON decided_tracks (other_service, other_id);

CREATE TABLE decided_files (
    path TEXT NOT NULL,            -- follows a file that is moved
    service TEXT NOT NULL,
    id TEXT NOT NULL,
    same INTEGER NOT NULL CHECK (same IN (0, 1)),
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (path, service, id)
) STRICT, WITHOUT ROWID;

-- Tracks that are decided to be two never become one.
CREATE TRIGGER merges_decided BEFORE INSERT ON merges WHEN EXISTS (
    SELECT 1 FROM decided_tracks AS d
        JOIN external_ids AS a ON a.kind = 'track' AND a.service = d.service AND a.external_id = d.id
        JOIN external_ids AS b ON b.kind = 'track' AND b.service = d.other_service AND b.external_id = d.other_id
    WHERE d.same = 0 AND a.item IN (new.gone, new.into_track) AND b.item IN (new.gone, new.into_track)
) BEGIN
    SELECT raise(IGNORE);
END;

-- What was decided of each file that the catalog has: the track that it is, and those that it is not.
CREATE VIEW file_decisions AS
    SELECT f.id AS file, e.item AS track, d.same
    FROM decided_files AS d JOIN files AS f ON f.path = d.path
        JOIN external_ids AS e ON e.kind = 'track' AND e.service = d.service AND e.external_id = d.id;

-- A file is the track that was decided, whatever is said of it, and never one that was ruled out.
CREATE TRIGGER files_decided AFTER UPDATE OF track ON files
WHEN EXISTS (SELECT 1 FROM decided_files WHERE path = new.path) BEGIN
    UPDATE files SET track = (SELECT track FROM file_decisions WHERE file = new.id AND same = 1),
        linked_by = 'person', link_reason = 'decided by a person'
        WHERE id = new.id AND EXISTS (SELECT 1 FROM file_decisions WHERE file = new.id AND same = 1);
    UPDATE files SET track = NULL, linked_by = NULL, link_reason = NULL
        WHERE id = new.id AND NOT EXISTS (SELECT 1 FROM file_decisions WHERE file = new.id AND same = 1)
            AND track IN (SELECT track FROM file_decisions WHERE file = new.id AND same = 0);
END;
CREATE TRIGGER files_decided_new AFTER INSERT ON files
WHEN EXISTS (SELECT 1 FROM decided_files WHERE path = new.path) BEGIN
    -- Fires the trigger above.
    UPDATE files SET track = track WHERE id = new.id;
END;
CREATE TRIGGER files_decided_moved AFTER UPDATE OF path ON files WHEN old.path <> new.path BEGIN
    UPDATE OR REPLACE decided_files SET path = new.path WHERE path = old.path;
END;

-- A new track may get the number of one that became part of another: from then on the number is its own.
CREATE TRIGGER tracks_numbered AFTER INSERT ON tracks WHEN EXISTS (SELECT 1 FROM merges WHERE gone = new.id) BEGIN
    DELETE FROM merges WHERE gone = new.id;
END;
DELETE FROM merges WHERE gone IN (SELECT id FROM tracks);
