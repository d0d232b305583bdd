-- What a source says no more: a value that was taken back, a track or a playlist that was deleted there. A source withdraws what it
-- said, never what another one says. Withdrawing the same again changes nothing.

-- A field of a track that its source has no value for any more. Key: service, id, field. Without a `field` the source does not have the
-- track any more: all that it said is withdrawn. The names and the length stay where no other source speaks of the track, and the track
-- goes when nothing else leads to it: no play, no place of a playlist, no file, no other source.
CREATE VIEW put_unsaid AS SELECT NULL AS source, NULL AS said_at, NULL AS service, NULL AS id, NULL AS field;
CREATE TRIGGER put_unsaid_said INSTEAD OF INSERT ON put_unsaid BEGIN
    DELETE FROM facts WHERE source = (SELECT id FROM sources WHERE name = new.source)
        AND track = (SELECT item FROM external_ids
            WHERE kind = 'track' AND service = new.service AND external_id = new.id)
        AND (field = new.field OR (new.field IS NULL AND (field NOT IN ('title', 'artists', 'album', 'duration_ms')
            OR EXISTS (SELECT 1 FROM facts AS o
                WHERE o.track = facts.track AND o.field = 'title' AND o.source <> facts.source))));
    UPDATE tracks SET refreshed = max(refreshed, 0) + 1 WHERE changes() > 0 AND id = (SELECT item FROM external_ids
        WHERE kind = 'track' AND service = new.service AND external_id = new.id);
    -- A path that nobody but this source named, and no scan has seen.
    DELETE FROM files WHERE new.field IS NULL AND size IS NULL AND linked_by = 'path'
        AND source = (SELECT id FROM sources WHERE name = new.source)
        AND track = (SELECT item FROM external_ids
            WHERE kind = 'track' AND service = new.service AND external_id = new.id)
        AND NOT EXISTS (SELECT 1 FROM library_items AS i WHERE i.file = files.id)
        AND NOT EXISTS (SELECT 1 FROM moves AS m WHERE m.file = files.id)
        AND NOT EXISTS (SELECT 1 FROM fingerprints AS p WHERE p.file = files.id);
    DELETE FROM tracks WHERE new.field IS NULL AND id = (SELECT item FROM external_ids
            WHERE kind = 'track' AND service = new.service AND external_id = new.id)
        AND NOT EXISTS (SELECT 1 FROM facts AS f JOIN sources AS s ON s.id = f.source
            WHERE f.track = tracks.id AND s.name <> new.source)
        AND NOT EXISTS (SELECT 1 FROM external_ids AS e WHERE e.kind = 'track' AND e.item = tracks.id
            AND e.service = new.service AND e.external_id <> new.id)
        AND NOT EXISTS (SELECT 1 FROM plays WHERE track = tracks.id)
        AND NOT EXISTS (SELECT 1 FROM playlist_items WHERE track = tracks.id)
        AND NOT EXISTS (SELECT 1 FROM files WHERE track = tracks.id);
END;

-- A playlist that its source does not have any more. Key: service, id.
CREATE VIEW put_playlist_removed AS SELECT NULL AS source, NULL AS said_at, NULL AS service, NULL AS id;
CREATE TRIGGER put_playlist_removed_said INSTEAD OF INSERT ON put_playlist_removed BEGIN
    -- Not by the foreign key, as in 0001.sql.
    DELETE FROM playlist_items WHERE playlist = (
        SELECT p.id FROM external_ids AS e JOIN playlists AS p ON p.id = e.item JOIN sources AS s ON s.id = p.source
        WHERE e.kind = 'playlist' AND e.service = new.service AND e.external_id = new.id AND s.name = new.source);
    DELETE FROM playlists WHERE source = (SELECT id FROM sources WHERE name = new.source) AND id = (
        SELECT item FROM external_ids
        WHERE kind = 'playlist' AND service = new.service AND external_id = new.id);
    DELETE FROM external_ids WHERE kind = 'playlist' AND service = new.service AND external_id = new.id
        AND NOT EXISTS (SELECT 1 FROM playlists AS p WHERE p.id = external_ids.item);
END;
