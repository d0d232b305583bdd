-- Decisions and links that outlive moves, copies and names in another form of Unicode; what a listing does not say; and what sounds
-- alike, kept.

-- Parts of a source that its last listing could not read: nothing is known of what lies there. As the path of a file a BLOB where
-- that is not UTF-8.
CREATE TABLE library_unread (
    source INTEGER NOT NULL REFERENCES library_sources (id) ON DELETE CASCADE,
    path ANY NOT NULL,
    PRIMARY KEY (source, path)
) STRICT, WITHOUT ROWID;

CREATE INDEX library_items_path ON library_items (path);

-- Which prints were compared, by the digest of their audio. `listened`: with all that were there then. 0: only with those that
-- were listened to.
CREATE TABLE sound_prints (
    audio_sha256 BLOB PRIMARY KEY NOT NULL,
    listened INTEGER NOT NULL CHECK (listened IN (0, 1))
) STRICT, WITHOUT ROWID;

-- What sounds alike in the first two minutes, and how.
CREATE TABLE sound_pairs (
    one BLOB NOT NULL,
    other BLOB NOT NULL,
    bit_error_rate REAL NOT NULL,
    score INTEGER NOT NULL,
    overlap REAL NOT NULL,
    drift REAL NOT NULL,
    offset_frames INTEGER NOT NULL,
    worst REAL NOT NULL,
    worst_at_frame INTEGER NOT NULL,
    median REAL NOT NULL,
    PRIMARY KEY (one, other)
) STRICT, WITHOUT ROWID;

-- As in 0005.sql. A weaker link of the file that is moved replaces no stronger one at its new place, and what a person decided
-- of either holds for the one that is left.
DROP TRIGGER moves_made;
CREATE TRIGGER moves_made AFTER INSERT ON moves BEGIN
    DELETE FROM moves WHERE path = new.new_path;
    UPDATE files SET track = d.track, linked_by = d.linked_by, link_reason = d.link_reason
        FROM files AS d WHERE d.path = new.new_path AND files.id = new.file AND d.id <> files.id
            AND d.track IS NOT NULL AND (files.track IS NULL
                OR instr('tags sound path person', coalesce(d.linked_by, 'path'))
                    > instr('tags sound path person', coalesce(files.linked_by, 'path')) AND (d.size IS NULL OR (d.missing = 0 AND coalesce(d.size = new.size, 1))));
    -- What a person decided of the same file under the new path is decided of the file that is left; of two that contradict each
    -- other the newer one counts. Decisions about an older file that is not there any more stay with that one.
    DELETE FROM decided_files WHERE path IN (new.path, new.new_path)
        AND EXISTS (SELECT 1 FROM files WHERE path = new.new_path AND id <> new.file
            AND (size IS NULL OR (missing = 0 AND coalesce(size = new.size, 1))))
        AND EXISTS (SELECT 1 FROM decided_files AS o WHERE o.path IN (new.path, new.new_path) AND o.path <> decided_files.path
            AND ((o.service = decided_files.service AND o.id = decided_files.id) OR (o.same = 1 AND decided_files.same = 1))
            AND (o.decided_at, o.path) > (decided_files.decided_at, decided_files.path));
    UPDATE decided_files SET path = new.path WHERE path = new.new_path
        AND EXISTS (SELECT 1 FROM files WHERE path = new.new_path AND id <> new.file
            AND (size IS NULL OR (missing = 0 AND coalesce(size = new.size, 1))));
    UPDATE files SET size = d.size, modified_at = d.modified_at, sha256 = d.sha256, format = d.format, duration_ms = d.duration_ms
        FROM files AS d WHERE d.path = new.new_path AND files.id = new.file AND d.id <> files.id
            AND files.size IS NULL AND d.missing = 0;
    UPDATE library_items SET file = new.file
        WHERE file = (SELECT id FROM files WHERE path = new.new_path AND id <> new.file AND missing = 0)
            AND NOT EXISTS (SELECT 1 FROM library_items AS i WHERE i.file = new.file);
    UPDATE OR IGNORE fingerprints SET file = new.file
        WHERE file = (SELECT id FROM files WHERE path = new.new_path AND id <> new.file AND missing = 0);
    DELETE FROM fingerprints WHERE file = (SELECT id FROM files WHERE path = new.new_path AND id <> new.file);
    DELETE FROM library_items WHERE file = (SELECT id FROM files WHERE path = new.new_path AND id <> new.file);
    -- The older one gets the path that is free now, by way of one that no file has.
    UPDATE files SET path = '', track = NULL, linked_by = NULL, link_reason = NULL, missing = 1,
        size = NULL, modified_at = NULL, sha256 = NULL, format = NULL, duration_ms = NULL, said_at = new.said_at
        WHERE path = new.new_path AND id <> new.file;
    -- A library of Eagle calls its items otherwise: without its file, an item is that of another one.
    DELETE FROM library_items
        WHERE file = new.file AND source IN (SELECT id FROM library_sources WHERE kind = 'eagle');
    DELETE FROM library_items WHERE file <> new.file AND id IN (
        SELECT i.id FROM library_items AS i JOIN library_sources AS s ON s.id = i.source
        WHERE i.key = substr(new.new_path, length(rtrim(s.path, '/')) + 2)
            AND substr(new.new_path, 1, length(rtrim(s.path, '/')) + 1) = rtrim(s.path, '/') || '/');
    UPDATE library_items SET path = new.new_path,
        name = coalesce(nullif(substr(rtrim(at.name, replace(at.name, '.', '')), 1,
            length(rtrim(at.name, replace(at.name, '.', ''))) - 1), ''), at.name),
        source = coalesce(at.source, library_items.source), key = coalesce(at.key, new.new_path),
        scan = coalesce(at.scan, library_items.scan),
        missing_since = CASE WHEN at.source IS NULL THEN coalesce(missing_since, new.said_at) END,
        mtime_ns = CASE WHEN coalesce(new.new_modified_at, mtime_ns / 1000000) = mtime_ns / 1000000 THEN mtime_ns
            ELSE new.new_modified_at * 1000000 END
        FROM (
            SELECT here.name, s.id AS source, s.scan, substr(new.new_path, length(rtrim(s.path, '/')) + 2) AS key
            FROM (SELECT replace(new.new_path, rtrim(new.new_path, replace(new.new_path, '/', '')), '') AS name) AS here
            LEFT JOIN library_sources AS s ON s.kind = 'folder' AND s.path = (
                SELECT path FROM library_sources
                WHERE substr(new.new_path, 1, length(rtrim(path, '/')) + 1) = rtrim(path, '/') || '/'
                ORDER BY length(path) DESC LIMIT 1)
        ) AS at WHERE library_items.file = new.file;
    UPDATE files SET path = new.new_path, missing = 0, size = coalesce(new.size, size),
        modified_at = coalesce(new.new_modified_at, modified_at), source = new.source, said_at = new.said_at WHERE id = new.file;
    UPDATE files SET path = new.path WHERE path = '';
    -- Fires the trigger that holds the file to what was decided.
    UPDATE files SET track = track WHERE id = new.file
        AND EXISTS (SELECT 1 FROM decided_files WHERE path = new.new_path);
END;

-- As in 0005.sql. What is there again is not missing in the library either.
DROP TRIGGER put_moved_said;
CREATE TRIGGER put_moved_said INSTEAD OF INSERT ON put_moved BEGIN
    SELECT raise(ABORT, 'put_moved: `path` and `new_path` are needed, and are two paths')
        WHERE coalesce(new.path, '') = '' OR coalesce(new.new_path, '') = '' OR new.path = new.new_path;
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    -- Not by OR REPLACE, which would hold in the triggers too.
    DELETE FROM moves WHERE path = new.path AND EXISTS (
        SELECT 1 FROM files AS f WHERE f.path = new.path
            AND coalesce(f.size = new.size, 1) AND coalesce(f.modified_at = new.modified_at, 1)
            -- Not what is left of a row under the old path when it is said again.
            AND NOT (f.size IS NULL AND f.missing = 1 AND EXISTS (SELECT 1 FROM moves AS m JOIN files AS t ON t.id = m.file
                WHERE m.path = new.path AND t.path = new.new_path AND t.id <> f.id)));
    INSERT INTO moves (path, new_path, file, size, new_modified_at, source, said_at)
        SELECT new.path, new.new_path, f.id, new.size, new.new_modified_at, s.id, coalesce(new.said_at, unixepoch() * 1000)
        FROM files AS f, sources AS s WHERE f.path = new.path AND s.name = new.source
            AND coalesce(f.size = new.size, 1) AND coalesce(f.modified_at = new.modified_at, 1)
            AND NOT (f.size IS NULL AND f.missing = 1 AND EXISTS (SELECT 1 FROM moves AS m JOIN files AS t ON t.id = m.file
                WHERE m.path = new.path AND t.path = new.new_path AND t.id <> f.id));
    UPDATE library_items SET missing_since = coalesce(missing_since, new.said_at, unixepoch() * 1000)
        WHERE file = (SELECT id FROM files WHERE path = new.path);
    UPDATE files SET missing = 1, said_at = coalesce(new.said_at, unixepoch() * 1000)
        WHERE path = new.path AND missing = 0;
    -- It was said before, or the file is back where it was.
    UPDATE library_items SET missing_since = NULL WHERE missing_since IS NOT NULL AND key <> path AND file = (
        SELECT id FROM files WHERE path = new.new_path AND missing = 1 AND coalesce(size = new.size, 1));
    UPDATE files SET missing = 0 WHERE path = new.new_path AND missing = 1 AND coalesce(size = new.size, 1);
END;

-- As in 0005.sql. A weaker link replaces no stronger one, and an item that was missing at the new place is there.
DROP TRIGGER put_copied_said;
CREATE TRIGGER put_copied_said INSTEAD OF INSERT ON put_copied BEGIN
    SELECT raise(ABORT, 'put_copied: `path` and `new_path` are needed, and are two paths')
        WHERE coalesce(new.path, '') = '' OR coalesce(new.new_path, '') = '' OR new.path = new.new_path;
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    DELETE FROM moves WHERE path = new.new_path;
    INSERT INTO files (path, track, linked_by, link_reason, size, modified_at, sha256, format, duration_ms, missing,
            source, said_at)
        SELECT new.new_path, f.track, f.linked_by, f.link_reason, coalesce(new.size, f.size),
            coalesce(new.new_modified_at, new.modified_at, f.modified_at), coalesce(new.sha256, f.sha256), f.format,
            f.duration_ms, 0, s.id, coalesce(new.said_at, unixepoch() * 1000)
        FROM files AS f, sources AS s WHERE f.path = new.path AND s.name = new.source
            AND coalesce(f.size = new.size, 1) AND coalesce(f.modified_at = new.modified_at, 1)
        ON CONFLICT (path) DO UPDATE SET
            track = CASE WHEN excluded.track IS NOT NULL AND (track IS NULL
                OR instr('tags sound path person', coalesce(excluded.linked_by, 'path'))
                    >= instr('tags sound path person', coalesce(linked_by, 'path'))) THEN excluded.track ELSE track END,
            linked_by = CASE WHEN excluded.track IS NOT NULL AND (track IS NULL
                OR instr('tags sound path person', coalesce(excluded.linked_by, 'path'))
                    >= instr('tags sound path person', coalesce(linked_by, 'path'))) THEN excluded.linked_by ELSE linked_by END,
            link_reason = CASE WHEN excluded.track IS NOT NULL AND (track IS NULL
                OR instr('tags sound path person', coalesce(excluded.linked_by, 'path'))
                    >= instr('tags sound path person', coalesce(linked_by, 'path'))) THEN excluded.link_reason ELSE link_reason END,
            size = excluded.size, modified_at = excluded.modified_at, sha256 = excluded.sha256,
            format = excluded.format, duration_ms = excluded.duration_ms, missing = 0, source = excluded.source,
            said_at = excluded.said_at;
    INSERT INTO fingerprints (file, algorithm, duration_ms, data, source, said_at)
        SELECT d.id, p.algorithm, p.duration_ms, p.data, p.source, p.said_at
        FROM files AS f, files AS d, fingerprints AS p
        WHERE f.path = new.path AND d.path = new.new_path AND p.file = f.id
            AND coalesce(f.size = new.size, 1) AND coalesce(f.modified_at = new.modified_at, 1)
        ON CONFLICT (file, algorithm) DO UPDATE SET duration_ms = excluded.duration_ms, data = excluded.data,
            source = excluded.source, said_at = excluded.said_at;
    -- Its inode is not known: the next listing compares.
    INSERT INTO library_items (source, key, file, path, name, size, mtime_ns, inode, mounted, state, reason, detail,
            audio_sha256, file_sha256, codec, container, rate_hz, channels, bits, bitrate, duration_ms, core_only, title,
            artist, album, isrc, damage, damage_checked, scan, seen_at, read_at, missing_since)
        SELECT s.id, substr(new.new_path, length(rtrim(s.path, '/')) + 2), d.id, new.new_path, i.name, i.size,
            CASE WHEN d.modified_at = i.mtime_ns / 1000000 THEN i.mtime_ns ELSE d.modified_at * 1000000 END, 0, i.mounted,
            i.state, i.reason, i.detail, i.audio_sha256, i.file_sha256, i.codec, i.container, i.rate_hz, i.channels,
            i.bits, i.bitrate, i.duration_ms, i.core_only, i.title, i.artist, i.album, i.isrc, i.damage, i.damage_checked,
            s.scan, i.seen_at,
            i.read_at, NULL
        FROM files AS f JOIN library_items AS i ON i.file = f.id, files AS d, library_sources AS s
        WHERE f.path = new.path AND d.path = new.new_path AND s.kind = 'folder' AND s.path = (
                SELECT path FROM library_sources
                WHERE substr(new.new_path, 1, length(rtrim(path, '/')) + 1) = rtrim(path, '/') || '/'
                ORDER BY length(path) DESC LIMIT 1)
            AND coalesce(f.size = new.size, 1) AND coalesce(f.modified_at = new.modified_at, 1)
        -- What was there before is this file now.
        ON CONFLICT (source, key) DO UPDATE SET
            file = excluded.file, path = excluded.path, name = excluded.name, size = excluded.size, mtime_ns =
            excluded.mtime_ns, inode = excluded.inode, mounted = excluded.mounted, state = excluded.state, reason =
            excluded.reason, detail = excluded.detail, audio_sha256 = excluded.audio_sha256, file_sha256 =
            excluded.file_sha256, codec = excluded.codec, container = excluded.container, rate_hz = excluded.rate_hz,
            channels = excluded.channels, bits = excluded.bits, bitrate = excluded.bitrate, duration_ms =
            excluded.duration_ms, core_only = excluded.core_only, title = excluded.title, artist = excluded.artist,
            album = excluded.album, isrc = excluded.isrc, damage = excluded.damage, damage_checked =
            excluded.damage_checked, read_at = excluded.read_at, found_inode = NULL, missing_since = NULL
            WHERE library_items.missing_since IS NOT NULL
                OR (library_items.size, library_items.audio_sha256) IS NOT (excluded.size, excluded.audio_sha256);
END;

-- As in 0005.sql. Of the source that is nearest around a path its last listing tells whether a file is there; it says nothing of
-- parts that it could not read and of hidden ones. What a program sees is not missing in the library either.
DROP TRIGGER put_file_said;
CREATE TRIGGER put_file_said INSTEAD OF INSERT ON put_file BEGIN
    SELECT raise(ABORT, 'put_file: `path` is needed') WHERE coalesce(new.path, '') = '';
    SELECT raise(ABORT, 'put_file: only a person decides what is linked by `person`') WHERE new.linked_by = 'person';
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    DELETE FROM moves WHERE path = new.path AND new.size IS NOT NULL;
    INSERT INTO files (path, track, linked_by, link_reason, size, modified_at, sha256, format, duration_ms, missing,
            source, said_at)
        SELECT coalesce((SELECT f.path FROM moves AS m JOIN files AS f ON f.id = m.file
                WHERE m.path = new.path AND new.missing IS NULL), new.path),
            said.track, CASE WHEN said.track IS NOT NULL THEN coalesce(new.linked_by, 'path') END,
            CASE WHEN said.track IS NOT NULL THEN coalesce(new.link_reason, 'named by ' || new.source) END,
            new.size, new.modified_at, new.sha256, new.format, new.duration_ms,
            coalesce(new.missing, new.size IS NULL
                AND lower(substr(new.path, -4)) NOT IN ('.mp4', '.m4v', '.mov', '.mkv', '.avi', 'webm') AND EXISTS (
                SELECT 1 FROM library_sources AS l WHERE l.path = (
                        SELECT path FROM library_sources
                        WHERE substr(new.path, 1, length(rtrim(path, '/')) + 1) = rtrim(path, '/') || '/'
                        ORDER BY length(path) DESC LIMIT 1)
                    AND l.listed_at IS NOT NULL AND l.failed_at IS NULL
                    AND instr(substr(new.path, length(rtrim(l.path, '/')) + 1), '/.') = 0
                    AND NOT EXISTS (SELECT 1 FROM library_unread AS u WHERE u.source = l.id
                        AND (new.path = u.path OR substr(new.path, 1, length(rtrim(u.path, '/')) + 1) = rtrim(u.path, '/') || '/')))), s.id,
            coalesce(new.said_at, unixepoch() * 1000)
        FROM sources AS s, (SELECT (SELECT item FROM external_ids
            WHERE kind = 'track' AND service = new.track_service AND external_id = new.track) AS track) AS said
        WHERE s.name = new.source
        ON CONFLICT (path) DO UPDATE SET
            track = CASE WHEN excluded.track IS NOT NULL AND (track IS NULL
                OR instr('tags sound path person', coalesce(excluded.linked_by, 'path'))
                    >= instr('tags sound path person', coalesce(linked_by, 'path'))) THEN excluded.track ELSE track END,
            linked_by = CASE WHEN excluded.track IS NOT NULL AND (track IS NULL
                OR instr('tags sound path person', coalesce(excluded.linked_by, 'path'))
                    >= instr('tags sound path person', coalesce(linked_by, 'path'))) THEN excluded.linked_by ELSE linked_by END,
            link_reason = CASE WHEN excluded.track IS NOT NULL AND (track IS NULL
                OR instr('tags sound path person', coalesce(excluded.linked_by, 'path'))
                    >= instr('tags sound path person', coalesce(linked_by, 'path'))) THEN excluded.link_reason
                ELSE link_reason END,
            size = coalesce(excluded.size, size), modified_at = coalesce(excluded.modified_at, modified_at),
            sha256 = coalesce(excluded.sha256, sha256), format = coalesce(excluded.format, format),
            duration_ms = coalesce(excluded.duration_ms, duration_ms), missing = coalesce(new.missing, missing),
            source = excluded.source, said_at = excluded.said_at;
    UPDATE library_items SET missing_since = coalesce(missing_since, new.said_at, unixepoch() * 1000)
        WHERE new.missing = 1 AND new.source <> 'library' AND file = (SELECT id FROM files WHERE path = new.path);
    UPDATE library_items SET missing_since = NULL
        WHERE new.missing = 0 AND new.source <> 'library' AND missing_since IS NOT NULL AND key <> path
            AND file = (SELECT id FROM files WHERE path = new.path);
END;
