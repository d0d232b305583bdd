-- Where files lie, and why a file is a track: one truth. A program that moves files says so in the same words as the scan
-- (`put_moved`, `put_copied`); the row of the file keeps its number, so its track, fingerprints and item of the library come along
-- in one transaction, and whoever asks for files afterwards (exports, what is wanted, duplicates) finds them where they are.

-- Why the file is its track. `person`: somebody decided it. `path`: a program names the file as that track. `sound`: a file with the
-- same sound is that track. `tags`: what its tags or its name say match that track alone. In this order: a reason further down
-- never replaces one above it. `sound` and `tags` are Baton's own, and found anew when files or tracks have changed.
ALTER TABLE files ADD COLUMN linked_by TEXT CHECK (linked_by IN ('person', 'path', 'sound', 'tags'));
ALTER TABLE files ADD COLUMN link_reason TEXT;  -- the same for people
UPDATE files SET linked_by = 'path', link_reason = 'named by ' || (SELECT name FROM sources WHERE id = files.source)
    WHERE track IS NOT NULL;
-- By what a file is known that somebody renamed by hand.
CREATE INDEX library_items_inode ON library_items (inode, size, mtime_ns) WHERE codec IS NOT NULL;

-- Where files were before they were moved. A program that still names such a path means the file that was moved.
CREATE TABLE moves (
    path TEXT PRIMARY KEY,
    new_path TEXT NOT NULL,
    file INTEGER NOT NULL REFERENCES files (id),
    size INTEGER,
    new_modified_at INTEGER,
    source INTEGER NOT NULL REFERENCES sources (id),
    said_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX moves_file ON moves (file);

-- What the catalog has at the new place is an older file that is not there any more, or the same one, seen there already: one row
-- is left, which knows what both did. An item of the library goes to the source that the new place is below; outside of all of
-- them it is kept under its whole path, which is no key of a source, and counts again when a source lists it.
CREATE TRIGGER moves_made AFTER INSERT ON moves BEGIN
    DELETE FROM moves WHERE path = new.new_path;
    UPDATE files SET track = d.track, linked_by = d.linked_by, link_reason = d.link_reason
        FROM files AS d WHERE d.path = new.new_path AND files.id = new.file AND d.id <> files.id
            AND files.track IS NULL AND d.track IS NOT NULL;
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
END;

-- That a file was moved. Key: path. `size` and `modified_at` are those of the file before, so that nothing is said of another file
-- that the catalog knows under that path: of that one is said that it is missing. `new_modified_at` is its time at `new_path`.
CREATE VIEW put_moved AS SELECT
    NULL AS source, NULL AS said_at, NULL AS path, NULL AS new_path, NULL AS size, NULL AS modified_at,
    NULL AS new_modified_at;
CREATE TRIGGER put_moved_said INSTEAD OF INSERT ON put_moved BEGIN
    SELECT raise(ABORT, 'put_moved: `path` and `new_path` are needed, and are two paths')
        WHERE coalesce(new.path, '') = '' OR coalesce(new.new_path, '') = '' OR new.path = new.new_path;
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    -- Not by OR REPLACE, which would hold in the triggers too.
    DELETE FROM moves WHERE path = new.path AND EXISTS (
        SELECT 1 FROM files AS f WHERE f.path = new.path
            AND coalesce(f.size = new.size, 1) AND coalesce(f.modified_at = new.modified_at, 1));
    INSERT INTO moves (path, new_path, file, size, new_modified_at, source, said_at)
        SELECT new.path, new.new_path, f.id, new.size, new.new_modified_at, s.id, coalesce(new.said_at, unixepoch() * 1000)
        FROM files AS f, sources AS s WHERE f.path = new.path AND s.name = new.source
            AND coalesce(f.size = new.size, 1) AND coalesce(f.modified_at = new.modified_at, 1);
    UPDATE library_items SET missing_since = coalesce(missing_since, new.said_at, unixepoch() * 1000)
        WHERE file = (SELECT id FROM files WHERE path = new.path);
    UPDATE files SET missing = 1, said_at = coalesce(new.said_at, unixepoch() * 1000)
        WHERE path = new.path AND missing = 0;
    -- It was said before, or the file is back where it was.
    UPDATE files SET missing = 0 WHERE path = new.new_path AND missing = 1 AND coalesce(size = new.size, 1);
END;

-- That a file was copied; the columns are those of `put_moved`, and the digest of both. The copy is the same track for the same reason.
CREATE VIEW put_copied AS SELECT
    NULL AS source, NULL AS said_at, NULL AS path, NULL AS new_path, NULL AS size, NULL AS modified_at,
    NULL AS new_modified_at, NULL AS sha256;
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
        ON CONFLICT (path) DO UPDATE SET track = coalesce(excluded.track, track),
            linked_by = CASE WHEN excluded.track IS NULL THEN linked_by ELSE excluded.linked_by END,
            link_reason = CASE WHEN excluded.track IS NULL THEN link_reason ELSE excluded.link_reason END,
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
            artist, album, isrc, damage, scan, seen_at, read_at, missing_since)
        SELECT s.id, substr(new.new_path, length(rtrim(s.path, '/')) + 2), d.id, new.new_path, i.name, i.size,
            CASE WHEN d.modified_at = i.mtime_ns / 1000000 THEN i.mtime_ns ELSE d.modified_at * 1000000 END, 0, i.mounted,
            i.state, i.reason, i.detail, i.audio_sha256, i.file_sha256, i.codec, i.container, i.rate_hz, i.channels,
            i.bits, i.bitrate, i.duration_ms, i.core_only, i.title, i.artist, i.album, i.isrc, i.damage, s.scan, i.seen_at,
            i.read_at, NULL
        FROM files AS f JOIN library_items AS i ON i.file = f.id, files AS d, library_sources AS s
        WHERE f.path = new.path AND d.path = new.new_path AND s.kind = 'folder' AND s.path = (
                SELECT path FROM library_sources
                WHERE substr(new.new_path, 1, length(rtrim(path, '/')) + 1) = rtrim(path, '/') || '/'
                ORDER BY length(path) DESC LIMIT 1)
            AND coalesce(f.size = new.size, 1) AND coalesce(f.modified_at = new.modified_at, 1)
        ON CONFLICT (source, key) DO NOTHING;
END;

-- A file. Key: path. `missing` is 1 when it is not there any more; one that is only named is not there where the library was listed
-- without it (of videos a listing says nothing). With a `track`, `linked_by` and `link_reason` say why it is that
-- one; without them its source names it (`path`). A path that is only named (without a `size`) and from which a file was moved
-- means that file.
DROP TRIGGER put_file_said;
DROP VIEW put_file;
CREATE VIEW put_file AS SELECT
    NULL AS source, NULL AS said_at, NULL AS path, NULL AS track_service, NULL AS track, NULL AS size,
    NULL AS modified_at, NULL AS sha256, NULL AS format, NULL AS duration_ms, NULL AS missing, NULL AS linked_by,
    NULL AS link_reason;
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
                SELECT 1 FROM library_sources AS l WHERE l.listed_at IS NOT NULL AND l.failed_at IS NULL
                    AND substr(new.path, 1, length(rtrim(l.path, '/')) + 1) = rtrim(l.path, '/') || '/')), s.id,
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
END;

-- Which source counts for a field: those that were chosen (`baton catalog rank FIELD SOURCE…`), in that order; then the ranks of
-- sources; among equal ones what Baton prefers, and then the newest. A source stands for its parts (`spotify` for `spotify/csv`).
CREATE TABLE field_ranks (
    field TEXT NOT NULL,
    source TEXT NOT NULL,          -- a name; there need not be such a source yet
    place INTEGER NOT NULL,        -- the smallest counts
    chosen INTEGER NOT NULL CHECK (chosen IN (0, 1)),  -- by a person; else by default
    PRIMARY KEY (field, chosen, source)
) STRICT, WITHOUT ROWID;
-- The same by the numbers of sources, kept by the triggers below: each value of each track is weighed by it.
CREATE TABLE field_order (
    field TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES sources (id),
    chosen INTEGER,                -- its place, where a person chose one
    preferred INTEGER,             -- its place by default
    PRIMARY KEY (field, source)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER sources_made AFTER INSERT ON sources BEGIN
    INSERT INTO field_order (field, source, chosen, preferred)
        SELECT field, new.id, min(place) FILTER (WHERE chosen = 1), min(place) FILTER (WHERE chosen = 0)
        FROM field_ranks WHERE source IN (new.name, substr(new.name, 1, instr(new.name, '/') - 1)) GROUP BY field;
END;
CREATE TRIGGER field_ranks_added AFTER INSERT ON field_ranks BEGIN
    DELETE FROM field_order WHERE field = new.field;
    INSERT INTO field_order (field, source, chosen, preferred)
        SELECT r.field, s.id, min(r.place) FILTER (WHERE r.chosen = 1), min(r.place) FILTER (WHERE r.chosen = 0)
        FROM field_ranks AS r JOIN sources AS s ON r.source IN (s.name, substr(s.name, 1, instr(s.name, '/') - 1))
        WHERE r.field = new.field GROUP BY s.id;
END;
CREATE TRIGGER field_ranks_removed AFTER DELETE ON field_ranks BEGIN
    DELETE FROM field_order WHERE field = old.field;
    INSERT INTO field_order (field, source, chosen, preferred)
        SELECT r.field, s.id, min(r.place) FILTER (WHERE r.chosen = 1), min(r.place) FILTER (WHERE r.chosen = 0)
        FROM field_ranks AS r JOIN sources AS s ON r.source IN (s.name, substr(s.name, 1, instr(s.name, '/') - 1))
        WHERE r.field = old.field GROUP BY s.id;
END;
INSERT INTO field_ranks (field, source, place, chosen) VALUES ('bpm', 'djay', 1, 0), ('musical_key', 'djay', 1, 0);

DROP VIEW provenance;
CREATE VIEW provenance AS
    SELECT f.track, f.field, f.value, s.name AS source, f.said_at,
        row_number() OVER (PARTITION BY f.track, f.field ORDER BY coalesce(o.chosen, 1000000), s.rank DESC,
            coalesce(o.preferred, 1000000), f.said_at DESC, f.source) = 1 AS counts
    FROM facts AS f JOIN sources AS s ON s.id = f.source
    LEFT JOIN field_order AS o ON o.field = f.field AND o.source = f.source;

DROP TRIGGER tracks_refreshed;
CREATE TRIGGER tracks_refreshed AFTER UPDATE OF refreshed ON tracks WHEN new.refreshed > 0 BEGIN
    UPDATE tracks SET title = coalesce(best.title, tracks.title), artists = best.artists,
        artist = (SELECT group_concat(value, ', ') FROM json_each(best.artists)),
        album = best.album, album_artist = best.album_artist, duration_ms = best.duration_ms, isrc = best.isrc,
        bpm = best.bpm, musical_key = best.musical_key, genre = best.genre, released = best.released,
        label = best.label, rating = best.rating, added_at = best.added_at
    FROM (
        SELECT max(value) FILTER (WHERE field = 'title') AS title,
            max(value) FILTER (WHERE field = 'artists') AS artists,
            max(value) FILTER (WHERE field = 'album') AS album,
            max(value) FILTER (WHERE field = 'album_artist') AS album_artist,
            max(value) FILTER (WHERE field = 'duration_ms') AS duration_ms,
            max(value) FILTER (WHERE field = 'isrc') AS isrc,
            max(value) FILTER (WHERE field = 'bpm') AS bpm,
            max(value) FILTER (WHERE field = 'musical_key') AS musical_key,
            max(value) FILTER (WHERE field = 'genre') AS genre,
            max(value) FILTER (WHERE field = 'released') AS released,
            max(value) FILTER (WHERE field = 'label') AS label,
            max(value) FILTER (WHERE field = 'rating') AS rating,
            max(value) FILTER (WHERE field = 'added_at') AS added_at
        FROM (
            SELECT f.field, f.value, row_number() OVER (
                PARTITION BY f.field ORDER BY coalesce(o.chosen, 1000000), s.rank DESC,
                coalesce(o.preferred, 1000000), f.said_at DESC, f.source) AS place
            FROM facts AS f JOIN sources AS s ON s.id = f.source
            LEFT JOIN field_order AS o ON o.field = f.field AND o.source = f.source
            WHERE f.track = new.id
        ) WHERE place = 1
    ) AS best WHERE tracks.id = new.id;
    INSERT INTO albums (title, artist)
        SELECT album, coalesce(album_artist, '') FROM tracks WHERE id = new.id AND album IS NOT NULL
        ON CONFLICT DO NOTHING;
    UPDATE tracks SET album_id = (SELECT a.id FROM albums AS a
        WHERE a.title = tracks.album AND a.artist = coalesce(tracks.album_artist, '')) WHERE id = new.id;
END;

UPDATE tracks SET refreshed = max(refreshed, 0) + 1 WHERE id IN (
    SELECT track FROM facts WHERE field IN ('bpm', 'musical_key') GROUP BY track, field HAVING count(*) > 1);

-- What the links by sound and tags were found from.
CREATE TABLE link_state (id INTEGER PRIMARY KEY CHECK (id = 1), stamp TEXT NOT NULL) STRICT;
