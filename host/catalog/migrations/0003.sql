-- A new track is what its first source says: nothing has to be weighed, and a library is mostly new tracks when it is said for
-- the first time. They begin with `refreshed` at -1, are 0 when they have been said, and above that what counts is chosen anew.

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

DROP TRIGGER put_track_said;
CREATE TRIGGER put_track_said INSTEAD OF INSERT ON put_track BEGIN
    INSERT INTO sources (name) VALUES (new.source) ON CONFLICT (name) DO NOTHING;
    INSERT INTO albums (title, artist)
        SELECT new.album, coalesce(new.album_artist, '')
        WHERE new.album IS NOT NULL AND NOT EXISTS (SELECT 1 FROM external_ids
            WHERE kind = 'track' AND service = new.service AND external_id = new.id)
            -- What `more` says counts: then its album is found out below.
            AND NOT EXISTS (SELECT 1 FROM json_each(new.more) WHERE key IN ('album', 'album_artist'))
        ON CONFLICT DO NOTHING;
    INSERT INTO tracks (title, artists, artist, album, album_artist, album_id, duration_ms, isrc, bpm, musical_key, genre,
            released, label, rating, added_at, refreshed)
        SELECT new.title, list.names, (SELECT group_concat(value, ', ') FROM json_each(list.names)), new.album,
            new.album_artist, (SELECT id FROM albums
                WHERE title = new.album AND artist = coalesce(new.album_artist, '')),
            new.duration_ms, new.isrc, new.bpm, new.musical_key, new.genre, new.released, new.label, new.rating,
            new.added_at,
            -- What a further field says of a column counts too, and is found out as ever.
            CASE WHEN EXISTS (SELECT 1 FROM json_each(new.more) WHERE key IN ('title', 'artists', 'album',
                'album_artist', 'duration_ms', 'isrc', 'bpm', 'musical_key', 'genre', 'released', 'label', 'rating',
                'added_at')) THEN 0 ELSE -1 END
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
