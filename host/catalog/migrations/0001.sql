-- The catalog: what is known about music, and who said so. Times are milliseconds since 1970 UTC.
--
-- Tables are for reading. Written to is it through the views put_…: one INSERT says one thing, natural keys find the row that
-- is meant, and saying the same again changes nothing. Each names its `source` (`spotify`, `djay`, …) and may say when that
-- was true (`said_at`; now, if absent).
--
-- A track is spoken of by several sources, so each of its fields keeps what every source says (facts). What counts is what
-- the source with the highest rank says, among equals the newest. Playlists, plays, sessions and files come from one source
-- each: their rows carry source and time for all their fields.

CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    rank INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Derived from the tracks. Case (of ASCII) makes no difference.
CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE UNIQUE) STRICT;

-- Derived from the tracks.
CREATE TABLE albums (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL COLLATE NOCASE,
    artist TEXT NOT NULL COLLATE NOCASE DEFAULT '',
    UNIQUE (title, artist)
) STRICT;

CREATE TABLE tracks (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    artists TEXT,                  -- a JSON list of names, in order
    artist TEXT,                   -- the same as people write it
    album TEXT,
    album_artist TEXT,
    album_id INTEGER REFERENCES albums (id),
    duration_ms INTEGER,
    isrc TEXT,                     -- a hint, no key: labels give one to several recordings, and several to one
    bpm REAL,
    musical_key TEXT,              -- as the source writes it: `Am`, `8A`
    genre TEXT,
    released TEXT,                 -- `1999`, `1999-03` or `1999-03-12`
    label TEXT,
    rating INTEGER,
    added_at INTEGER,
    refreshed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX tracks_isrc ON tracks (isrc) WHERE isrc IS NOT NULL;
CREATE INDEX tracks_album ON tracks (album_id) WHERE album_id IS NOT NULL;

CREATE TABLE track_artists (
    track INTEGER NOT NULL REFERENCES tracks (id),
    position INTEGER NOT NULL,
    artist INTEGER NOT NULL REFERENCES artists (id),
    PRIMARY KEY (track, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX track_artists_artist ON track_artists (artist);

-- What each source says of each field of a track; also of fields that have no column there (`danceability`).
CREATE TABLE facts (
    track INTEGER NOT NULL REFERENCES tracks (id),
    field TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES sources (id),
    value ANY NOT NULL,
    said_at INTEGER NOT NULL,
    PRIMARY KEY (track, field, source)
) STRICT, WITHOUT ROWID;

-- How others call a thing of ours. Several ids of one service may mean one track.
CREATE TABLE external_ids (
    kind TEXT NOT NULL CHECK (kind IN ('track', 'playlist', 'session', 'play')),
    service TEXT NOT NULL CHECK (service <> ''),
    external_id TEXT NOT NULL CHECK (external_id <> ''),
    item INTEGER NOT NULL,
    url TEXT,
    source INTEGER NOT NULL REFERENCES sources (id),
    said_at INTEGER NOT NULL,
    PRIMARY KEY (kind, service, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX external_ids_item ON external_ids (kind, item);
CREATE INDEX external_ids_id ON external_ids (external_id);

CREATE TABLE playlists (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    owner TEXT,
    snapshot TEXT,                 -- how the service calls this state of it
    source INTEGER NOT NULL REFERENCES sources (id),
    said_at INTEGER NOT NULL
) STRICT;

CREATE TABLE playlist_items (
    playlist INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    track INTEGER REFERENCES tracks (id),    -- absent where the service shows nothing any more
    added_at INTEGER,
    added_by TEXT,
    source INTEGER NOT NULL REFERENCES sources (id),
    said_at INTEGER NOT NULL,
    PRIMARY KEY (playlist, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX playlist_items_track ON playlist_items (track);

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    device_name TEXT,
    device_type TEXT,
    started_at INTEGER,
    ended_at INTEGER,
    source INTEGER NOT NULL REFERENCES sources (id),
    said_at INTEGER NOT NULL
) STRICT;

CREATE TABLE plays (
    id INTEGER PRIMARY KEY,
    session INTEGER REFERENCES sessions (id),
    track INTEGER REFERENCES tracks (id),    -- a history may name what the library does not have (yet)
    started_at INTEGER,
    deck INTEGER,
    origin TEXT,                   -- where it was played from: `explorer`, `spotify`
    ms_played INTEGER,
    source INTEGER NOT NULL REFERENCES sources (id),
    said_at INTEGER NOT NULL
) STRICT;
CREATE INDEX plays_track ON plays (track, started_at);
CREATE INDEX plays_session ON plays (session);

CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,     -- as its source writes it: a path, a URL
    track INTEGER REFERENCES tracks (id),
    size INTEGER,
    modified_at INTEGER,
    sha256 TEXT,
    format TEXT,
    duration_ms INTEGER,
    missing INTEGER NOT NULL DEFAULT 0 CHECK (missing IN (0, 1)),
    source INTEGER NOT NULL REFERENCES sources (id),
    said_at INTEGER NOT NULL
) STRICT;
CREATE INDEX files_track ON files (track);
CREATE INDEX files_sha256 ON files (sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE fingerprints (
    file INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    algorithm TEXT NOT NULL,
    duration_ms INTEGER,
    data BLOB NOT NULL,
    source INTEGER NOT NULL REFERENCES sources (id),
    said_at INTEGER NOT NULL,
    PRIMARY KEY (file, algorithm)
) STRICT;

CREATE TABLE tags (
    track INTEGER NOT NULL REFERENCES tracks (id),
    tag TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES sources (id),
    said_at INTEGER NOT NULL,
    PRIMARY KEY (track, tag, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_tag ON tags (tag);

-- Every claim beside what counts.
CREATE VIEW provenance AS
    SELECT f.track, f.field, f.value, s.name AS source, f.said_at,
        row_number() OVER (PARTITION BY f.track, f.field ORDER BY s.rank DESC, f.said_at DESC, f.source) = 1 AS counts
    FROM facts AS f JOIN sources AS s ON s.id = f.source;

-- Searching ------------------------------------------------------------------------------------------------------------

CREATE VIRTUAL TABLE search USING fts5 (
    title, artist, album,
    content = 'tracks', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE TRIGGER tracks_inserted AFTER INSERT ON tracks BEGIN
    INSERT INTO search (rowid, title, artist, album) VALUES (new.id, new.title, new.artist, new.album);
    INSERT INTO artists (name) SELECT value FROM json_each(new.artists) WHERE true ON CONFLICT DO NOTHING;
    INSERT INTO track_artists (track, position, artist)
        SELECT new.id, j.key, a.id FROM json_each(new.artists) AS j JOIN artists AS a ON a.name = j.value;
END;

CREATE TRIGGER tracks_deleted AFTER DELETE ON tracks BEGIN
    INSERT INTO search (search, rowid, title, artist, album)
        VALUES ('delete', old.id, old.title, old.artist, old.album);
    DELETE FROM external_ids WHERE kind = 'track' AND item = old.id;
    -- Not by the foreign key: what it does is in nobody's name, and plugins may write in the triggers' name only.
    DELETE FROM facts WHERE track = old.id;
    DELETE FROM tags WHERE track = old.id;
    DELETE FROM track_artists WHERE track = old.id;
END;

CREATE TRIGGER tracks_named AFTER UPDATE OF title, artist, album ON tracks
WHEN old.title IS NOT new.title OR old.artist IS NOT new.artist OR old.album IS NOT new.album BEGIN
    INSERT INTO search (search, rowid, title, artist, album)
        VALUES ('delete', old.id, old.title, old.artist, old.album);
    INSERT INTO search (rowid, title, artist, album) VALUES (new.id, new.title, new.artist, new.album);
END;

CREATE TRIGGER tracks_credited AFTER UPDATE OF artists ON tracks WHEN old.artists IS NOT new.artists BEGIN
    DELETE FROM track_artists WHERE track = new.id;
    INSERT INTO artists (name) SELECT value FROM json_each(new.artists) WHERE true ON CONFLICT DO NOTHING;
    INSERT INTO track_artists (track, position, artist)
        SELECT new.id, j.key, a.id FROM json_each(new.artists) AS j JOIN artists AS a ON a.name = j.value;
END;

-- What counts is chosen anew. Called for only when a fact has changed, so that saying the same again is cheap.
CREATE TRIGGER tracks_refreshed AFTER UPDATE OF refreshed ON tracks BEGIN
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
                PARTITION BY f.field ORDER BY s.rank DESC, f.said_at DESC, f.source) AS place
            FROM facts AS f JOIN sources AS s ON s.id = f.source WHERE f.track = new.id
        ) WHERE place = 1
    ) AS best WHERE tracks.id = new.id;
    INSERT INTO albums (title, artist)
        SELECT album, coalesce(album_artist, '') FROM tracks WHERE id = new.id AND album IS NOT NULL
        ON CONFLICT DO NOTHING;
    UPDATE tracks SET album_id = (SELECT a.id FROM albums AS a
        WHERE a.title = tracks.album AND a.artist = coalesce(tracks.album_artist, '')) WHERE id = new.id;
END;

CREATE TRIGGER sources_ranked AFTER UPDATE OF rank ON sources WHEN old.rank <> new.rank BEGIN
    UPDATE tracks SET refreshed = refreshed + 1 WHERE id IN (SELECT track FROM facts WHERE source = new.id);
END;

-- Saying something -----------------------------------------------------------------------------------------------------

-- A source and its rank: what a higher one says counts. Key: name.
CREATE VIEW put_source AS SELECT name, rank FROM sources;
CREATE TRIGGER put_source_said INSTEAD OF INSERT ON put_source BEGIN
    INSERT INTO sources (name, rank) VALUES (new.name, new.rank) ON CONFLICT (name) DO UPDATE SET rank = excluded.rank;
END;

-- A track as one service knows it. Key: service, id. What is NULL is not said. A new one needs its title. `artists` is a
-- JSON list of names, or one name. `more` is a JSON object of further fields.
CREATE VIEW put_track AS SELECT
    NULL AS source, NULL AS said_at, NULL AS service, NULL AS id, NULL AS url, NULL AS title, NULL AS artists,
    NULL AS album, NULL AS album_artist, NULL AS duration_ms, NULL AS isrc, NULL AS bpm, NULL AS musical_key,
    NULL AS genre, NULL AS released, NULL AS label, NULL AS rating, NULL AS added_at, NULL AS more;
CREATE TRIGGER put_track_said INSTEAD OF INSERT ON put_track BEGIN
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    INSERT INTO tracks (title, artists, artist, album)
        SELECT new.title, list.names, (SELECT group_concat(value, ', ') FROM json_each(list.names)), new.album
        FROM (SELECT CASE WHEN json_valid(new.artists) AND json_type(new.artists) = 'array' THEN new.artists
            WHEN new.artists IS NOT NULL THEN json_array(new.artists) END AS names) AS list
        WHERE NOT EXISTS (SELECT 1 FROM external_ids
            WHERE kind = 'track' AND service = new.service AND external_id = new.id);
    INSERT INTO external_ids (kind, service, external_id, item, url, source, said_at)
        SELECT 'track', new.service, new.id,
            coalesce((SELECT item FROM external_ids
                WHERE kind = 'track' AND service = new.service AND external_id = new.id), last_insert_rowid()),
            new.url, (SELECT id FROM sources WHERE name = new.source), coalesce(new.said_at, unixepoch() * 1000)
        WHERE true
        ON CONFLICT (kind, service, external_id) DO UPDATE SET url = coalesce(excluded.url, url);
    INSERT INTO facts (track, field, source, value, said_at)
        SELECT e.item, said.field, s.id, said.value, coalesce(new.said_at, unixepoch() * 1000)
        FROM external_ids AS e, sources AS s, (
            SELECT 'title' AS field, new.title AS value
            UNION ALL SELECT 'artists', CASE
                WHEN json_valid(new.artists) AND json_type(new.artists) = 'array' THEN new.artists
                WHEN new.artists IS NOT NULL THEN json_array(new.artists) END
            UNION ALL SELECT 'album', new.album
            UNION ALL SELECT 'album_artist', new.album_artist
            UNION ALL SELECT 'duration_ms', new.duration_ms
            UNION ALL SELECT 'isrc', new.isrc
            UNION ALL SELECT 'bpm', new.bpm
            UNION ALL SELECT 'musical_key', new.musical_key
            UNION ALL SELECT 'genre', new.genre
            UNION ALL SELECT 'released', new.released
            UNION ALL SELECT 'label', new.label
            UNION ALL SELECT 'rating', new.rating
            UNION ALL SELECT 'added_at', new.added_at
            UNION ALL SELECT key, atom FROM json_each(new.more)
        ) AS said
        WHERE e.kind = 'track' AND e.service = new.service AND e.external_id = new.id AND s.name = new.source
            AND said.value IS NOT NULL
        ON CONFLICT (track, field, source) DO UPDATE SET value = excluded.value, said_at = excluded.said_at
            WHERE excluded.said_at >= facts.said_at AND (excluded.value IS NOT facts.value
                OR excluded.said_at <> facts.said_at);
    UPDATE tracks SET refreshed = refreshed + 1 WHERE changes() > 0 AND id = (SELECT item FROM external_ids
        WHERE kind = 'track' AND service = new.service AND external_id = new.id);
END;

-- That two ids mean one track. Key: service, id. An id that is not known yet becomes one more name of the other's track;
-- two tracks become one, with everything that was said of either.
CREATE VIEW put_same AS SELECT
    NULL AS source, NULL AS said_at, NULL AS service, NULL AS id, NULL AS url, NULL AS other_service, NULL AS other_id;
CREATE TRIGGER put_same_said INSTEAD OF INSERT ON put_same BEGIN
    SELECT raise(ABORT, 'put_same: there is no track other_service:other_id; put_track says it')
        WHERE NOT EXISTS (SELECT 1 FROM external_ids
            WHERE kind = 'track' AND service = new.other_service AND external_id = new.other_id);
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    INSERT INTO external_ids (kind, service, external_id, item, url, source, said_at)
        SELECT 'track', new.service, new.id, e.item, new.url, (SELECT id FROM sources WHERE name = new.source),
            coalesce(new.said_at, unixepoch() * 1000)
        FROM external_ids AS e
        WHERE e.kind = 'track' AND e.service = new.other_service AND e.external_id = new.other_id
        ON CONFLICT (kind, service, external_id) DO NOTHING;
    -- Gone into the track of the other: one row at most, none where both are one already.
    INSERT INTO merges (gone, into_track)
        SELECT a.item, b.item FROM external_ids AS a, external_ids AS b
        WHERE a.kind = 'track' AND a.service = new.service AND a.external_id = new.id
            AND b.kind = 'track' AND b.service = new.other_service AND b.external_id = new.other_id
            AND a.item <> b.item;
END;

-- Tracks that were found to be another one, so that an old number still leads somewhere.
CREATE TABLE merges (
    gone INTEGER PRIMARY KEY,
    into_track INTEGER NOT NULL
) STRICT;
CREATE TRIGGER merges_made AFTER INSERT ON merges BEGIN
    UPDATE merges SET into_track = new.into_track WHERE into_track = new.gone;
    INSERT INTO facts (track, field, source, value, said_at)
        SELECT new.into_track, field, source, value, said_at FROM facts WHERE track = new.gone
        ON CONFLICT (track, field, source) DO UPDATE SET value = excluded.value, said_at = excluded.said_at
            WHERE excluded.said_at > facts.said_at;
    INSERT INTO tags (track, tag, source, said_at)
        SELECT new.into_track, tag, source, said_at FROM tags WHERE track = new.gone ON CONFLICT DO NOTHING;
    UPDATE external_ids SET item = new.into_track WHERE kind = 'track' AND item = new.gone;
    UPDATE playlist_items SET track = new.into_track WHERE track = new.gone;
    UPDATE plays SET track = new.into_track WHERE track = new.gone;
    UPDATE files SET track = new.into_track WHERE track = new.gone;
    DELETE FROM tracks WHERE id = new.gone;
    UPDATE tracks SET refreshed = refreshed + 1 WHERE id = new.into_track;
END;

-- A tag of a track. Key: the track, tag, source.
CREATE VIEW put_tag AS SELECT NULL AS source, NULL AS said_at, NULL AS service, NULL AS id, NULL AS tag;
CREATE TRIGGER put_tag_said INSTEAD OF INSERT ON put_tag BEGIN
    SELECT raise(ABORT, 'put_tag: there is no track service:id; put_track says it') WHERE NOT EXISTS (
        SELECT 1 FROM external_ids WHERE kind = 'track' AND service = new.service AND external_id = new.id);
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    INSERT INTO tags (track, tag, source, said_at)
        SELECT e.item, new.tag, s.id, coalesce(new.said_at, unixepoch() * 1000) FROM external_ids AS e, sources AS s
        WHERE e.kind = 'track' AND e.service = new.service AND e.external_id = new.id AND s.name = new.source
        ON CONFLICT DO NOTHING;
END;

-- A playlist. Key: service, id. `items` is how many it has now: what lies beyond is taken out.
CREATE VIEW put_playlist AS SELECT
    NULL AS source, NULL AS said_at, NULL AS service, NULL AS id, NULL AS url, NULL AS name, NULL AS owner,
    NULL AS snapshot, NULL AS items;
CREATE TRIGGER put_playlist_said INSTEAD OF INSERT ON put_playlist BEGIN
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    INSERT INTO playlists (name, source, said_at)
        SELECT new.name, (SELECT id FROM sources WHERE name = new.source), coalesce(new.said_at, unixepoch() * 1000)
        WHERE NOT EXISTS (SELECT 1 FROM external_ids
            WHERE kind = 'playlist' AND service = new.service AND external_id = new.id);
    INSERT INTO external_ids (kind, service, external_id, item, url, source, said_at)
        SELECT 'playlist', new.service, new.id,
            coalesce((SELECT item FROM external_ids
                WHERE kind = 'playlist' AND service = new.service AND external_id = new.id), last_insert_rowid()),
            new.url, (SELECT id FROM sources WHERE name = new.source), coalesce(new.said_at, unixepoch() * 1000)
        WHERE true
        ON CONFLICT (kind, service, external_id) DO UPDATE SET url = coalesce(excluded.url, url);
    UPDATE playlists SET
        name = coalesce(new.name, name), owner = coalesce(new.owner, owner), snapshot = coalesce(new.snapshot, snapshot),
        source = (SELECT id FROM sources WHERE name = new.source), said_at = coalesce(new.said_at, unixepoch() * 1000)
        WHERE id = (SELECT item FROM external_ids
            WHERE kind = 'playlist' AND service = new.service AND external_id = new.id);
    DELETE FROM playlist_items WHERE position >= new.items AND playlist = (SELECT item FROM external_ids
        WHERE kind = 'playlist' AND service = new.service AND external_id = new.id);
END;

-- What stands at a place of a playlist. Key: service, playlist, position. `track` is an id of `track_service`; NULL where
-- there is nothing that can be named.
CREATE VIEW put_playlist_item AS SELECT
    NULL AS source, NULL AS said_at, NULL AS service, NULL AS playlist, NULL AS position, NULL AS track_service,
    NULL AS track, NULL AS added_at, NULL AS added_by;
CREATE TRIGGER put_playlist_item_said INSTEAD OF INSERT ON put_playlist_item BEGIN
    SELECT raise(ABORT, 'put_playlist_item: there is no playlist service:playlist; put_playlist says it')
        WHERE NOT EXISTS (SELECT 1 FROM external_ids
            WHERE kind = 'playlist' AND service = new.service AND external_id = new.playlist);
    SELECT raise(ABORT, 'put_playlist_item: there is no track track_service:track; put_track says it')
        WHERE new.track IS NOT NULL AND NOT EXISTS (SELECT 1 FROM external_ids
            WHERE kind = 'track' AND service = new.track_service AND external_id = new.track);
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    INSERT INTO playlist_items (playlist, position, track, added_at, added_by, source, said_at)
        SELECT p.item, new.position,
            (SELECT item FROM external_ids
                WHERE kind = 'track' AND service = new.track_service AND external_id = new.track),
            new.added_at, new.added_by, (SELECT id FROM sources WHERE name = new.source),
            coalesce(new.said_at, unixepoch() * 1000)
        FROM external_ids AS p
        WHERE p.kind = 'playlist' AND p.service = new.service AND p.external_id = new.playlist
        ON CONFLICT (playlist, position) DO UPDATE SET track = excluded.track, added_at = excluded.added_at,
            added_by = excluded.added_by, source = excluded.source, said_at = excluded.said_at;
END;

-- A session at the decks. Key: service, id.
CREATE VIEW put_session AS SELECT
    NULL AS source, NULL AS said_at, NULL AS service, NULL AS id, NULL AS device_name, NULL AS device_type,
    NULL AS started_at, NULL AS ended_at;
CREATE TRIGGER put_session_said INSTEAD OF INSERT ON put_session BEGIN
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    INSERT INTO sessions (source, said_at)
        SELECT (SELECT id FROM sources WHERE name = new.source), coalesce(new.said_at, unixepoch() * 1000)
        WHERE NOT EXISTS (SELECT 1 FROM external_ids
            WHERE kind = 'session' AND service = new.service AND external_id = new.id);
    INSERT INTO external_ids (kind, service, external_id, item, source, said_at)
        SELECT 'session', new.service, new.id, last_insert_rowid(), (SELECT id FROM sources WHERE name = new.source),
            coalesce(new.said_at, unixepoch() * 1000)
        WHERE NOT EXISTS (SELECT 1 FROM external_ids
            WHERE kind = 'session' AND service = new.service AND external_id = new.id);
    UPDATE sessions SET
        device_name = coalesce(new.device_name, device_name), device_type = coalesce(new.device_type, device_type),
        started_at = coalesce(new.started_at, started_at), ended_at = coalesce(new.ended_at, ended_at),
        source = (SELECT id FROM sources WHERE name = new.source), said_at = coalesce(new.said_at, unixepoch() * 1000)
        WHERE id = (SELECT item FROM external_ids
            WHERE kind = 'session' AND service = new.service AND external_id = new.id);
END;

-- A track that was played. Key: service, id. `session` is an id of the same service. A track or session that is not known
-- (yet) is left open: say it again later.
CREATE VIEW put_play AS SELECT
    NULL AS source, NULL AS said_at, NULL AS service, NULL AS id, NULL AS session, NULL AS track_service, NULL AS track,
    NULL AS started_at, NULL AS deck, NULL AS origin, NULL AS ms_played;
CREATE TRIGGER put_play_said INSTEAD OF INSERT ON put_play BEGIN
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    INSERT INTO plays (source, said_at)
        SELECT (SELECT id FROM sources WHERE name = new.source), coalesce(new.said_at, unixepoch() * 1000)
        WHERE NOT EXISTS (SELECT 1 FROM external_ids
            WHERE kind = 'play' AND service = new.service AND external_id = new.id);
    INSERT INTO external_ids (kind, service, external_id, item, source, said_at)
        SELECT 'play', new.service, new.id, last_insert_rowid(), (SELECT id FROM sources WHERE name = new.source),
            coalesce(new.said_at, unixepoch() * 1000)
        WHERE NOT EXISTS (SELECT 1 FROM external_ids
            WHERE kind = 'play' AND service = new.service AND external_id = new.id);
    UPDATE plays SET
        session = coalesce((SELECT item FROM external_ids
            WHERE kind = 'session' AND service = new.service AND external_id = new.session), session),
        track = coalesce((SELECT item FROM external_ids
            WHERE kind = 'track' AND service = new.track_service AND external_id = new.track), track),
        started_at = coalesce(new.started_at, started_at), deck = coalesce(new.deck, deck),
        origin = coalesce(new.origin, origin), ms_played = coalesce(new.ms_played, ms_played),
        source = (SELECT id FROM sources WHERE name = new.source), said_at = coalesce(new.said_at, unixepoch() * 1000)
        WHERE id = (SELECT item FROM external_ids
            WHERE kind = 'play' AND service = new.service AND external_id = new.id);
END;

-- A file. Key: path. `missing` is 1 when it is not there any more.
CREATE VIEW put_file AS SELECT
    NULL AS source, NULL AS said_at, NULL AS path, NULL AS track_service, NULL AS track, NULL AS size,
    NULL AS modified_at, NULL AS sha256, NULL AS format, NULL AS duration_ms, NULL AS missing;
CREATE TRIGGER put_file_said INSTEAD OF INSERT ON put_file BEGIN
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    INSERT INTO files (path, track, size, modified_at, sha256, format, duration_ms, missing, source, said_at)
        SELECT new.path,
            (SELECT item FROM external_ids
                WHERE kind = 'track' AND service = new.track_service AND external_id = new.track),
            new.size, new.modified_at, new.sha256, new.format, new.duration_ms, coalesce(new.missing, 0), s.id,
            coalesce(new.said_at, unixepoch() * 1000)
        FROM sources AS s WHERE s.name = new.source
        ON CONFLICT (path) DO UPDATE SET track = coalesce(excluded.track, track), size = coalesce(excluded.size, size),
            modified_at = coalesce(excluded.modified_at, modified_at), sha256 = coalesce(excluded.sha256, sha256),
            format = coalesce(excluded.format, format), duration_ms = coalesce(excluded.duration_ms, duration_ms),
            missing = coalesce(new.missing, missing), source = excluded.source, said_at = excluded.said_at;
END;

-- How a file sounds. Key: path, algorithm. The file has to be known.
CREATE VIEW put_fingerprint AS SELECT
    NULL AS source, NULL AS said_at, NULL AS path, NULL AS algorithm, NULL AS duration_ms, NULL AS data;
CREATE TRIGGER put_fingerprint_said INSTEAD OF INSERT ON put_fingerprint BEGIN
    SELECT raise(ABORT, 'put_fingerprint: there is no file of that path; put_file says it')
        WHERE NOT EXISTS (SELECT 1 FROM files WHERE path = new.path);
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    INSERT INTO fingerprints (file, algorithm, duration_ms, data, source, said_at)
        SELECT f.id, new.algorithm, new.duration_ms, new.data, s.id, coalesce(new.said_at, unixepoch() * 1000)
        FROM files AS f, sources AS s WHERE f.path = new.path AND s.name = new.source
        ON CONFLICT (file, algorithm) DO UPDATE SET duration_ms = excluded.duration_ms, data = excluded.data,
            source = excluded.source, said_at = excluded.said_at;
END;
