-- The library: where the music of this workspace lies, and what was found there. Written by Baton alone (`baton library`);
-- what it finds it also says in `files` and `fingerprints`, in the same transaction, under the source `library`.
--
-- Nothing here is deleted because a file is not there: it is `missing` since then, and known again when it is back. What was
-- found when a file was read stays, with the size, time and inode that it had, until what came of reading it again takes
-- its place: meanwhile it is `pending`, and counts as that.

CREATE TABLE library_sources (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE CHECK (path <> ''),  -- resolved
    kind TEXT NOT NULL CHECK (kind IN ('folder', 'eagle')),
    scan INTEGER NOT NULL DEFAULT 0,       -- the number of the newest listing that was begun
    added_at INTEGER NOT NULL,
    listed_at INTEGER,                     -- when it was listed to its end, last
    device INTEGER,                        -- the volume that its folder lay on then: its number, which may be another
    fsid INTEGER,                          -- after a restart, and the file system's own id; 0 where it has none
    failed_at INTEGER,                     -- since when it cannot be reached; NULL while it can
    failure TEXT                           -- why
) STRICT;

CREATE TABLE library_items (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES library_sources (id),
    key ANY NOT NULL,              -- what the source calls it: the path below the folder, the id of Eagle
    file INTEGER NOT NULL REFERENCES files (id),
    path ANY NOT NULL,             -- where the audio lies; a BLOB where that is no UTF-8 (`key` too)
    name TEXT NOT NULL,            -- how the source names it: the name without its ending, the name in Eagle
    stamp INTEGER,                 -- the source's own mark of a change: milliseconds of Eagle's mtime.json
    size INTEGER NOT NULL,         -- bytes
    mtime_ns INTEGER NOT NULL,     -- nanoseconds since 1970
    inode INTEGER NOT NULL,
    found_inode INTEGER,           -- the inode of a listing that has not ended, where it alone is another
    mounted INTEGER NOT NULL DEFAULT 0 CHECK (mounted IN (0, 1)),  -- lies on another volume than the source's folder
    -- `pending` waits to be read. `skipped` can have no fingerprint, `failed` should have one.
    state TEXT NOT NULL CHECK (state IN ('pending', 'fingerprinted', 'failed', 'skipped')),
    reason TEXT CHECK ((reason IS NOT NULL) = (state IN ('failed', 'skipped'))),
    detail TEXT,                   -- the reason for people
    audio_sha256 BLOB,             -- of the audio packets, which no tag changes
    file_sha256 BLOB,
    codec TEXT,
    container TEXT,
    rate_hz INTEGER,
    channels INTEGER,
    bits INTEGER,                  -- of a sample, where the codec keeps them all
    bitrate INTEGER,               -- bits a second, on average
    duration_ms INTEGER,
    core_only INTEGER,             -- 1: only the core of an implicit HE-AAC was decoded
    title TEXT,                    -- of its tags, as the next three
    artist TEXT,
    album TEXT,
    isrc TEXT,
    scan INTEGER NOT NULL,         -- the listing that wrote of it last; 0: the newest one did not see it
    seen_at INTEGER NOT NULL,      -- when that was
    read_at INTEGER,
    read_scan INTEGER NOT NULL DEFAULT 0,  -- the newest listing when it was read or compared
    missing_since INTEGER,
    UNIQUE (source, key)
) STRICT;
CREATE INDEX library_items_file ON library_items (file);
CREATE INDEX library_items_pending ON library_items (source, id) WHERE state = 'pending';
CREATE INDEX library_items_listing ON library_items (source, scan);
CREATE INDEX library_items_read ON library_items (source, read_scan) WHERE state = 'fingerprinted';

-- How many audio items there are, and how many of them have a fingerprint: of the library where there is one, else of all
-- files that any source named.
CREATE VIEW coverage AS
    SELECT count(*) AS total, count(*) FILTER (WHERE state = 'fingerprinted') AS done
    FROM library_items WHERE missing_since IS NULL HAVING EXISTS (SELECT 1 FROM library_items)
    UNION ALL
    SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM fingerprints AS p WHERE p.file = f.id))
    FROM files AS f WHERE f.missing = 0 HAVING NOT EXISTS (SELECT 1 FROM library_items);
