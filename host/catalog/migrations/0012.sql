-- What a foreign key deletes is in nobody's name, and plugins may write in the triggers' name only: a plugin that withdraws a playlist
-- or a file deletes what hangs on it by triggers. The rows stay as they are; only the declarations change.

CREATE TRIGGER playlists_deleted BEFORE DELETE ON playlists BEGIN
    DELETE FROM playlist_items WHERE playlist = old.id;
END;
CREATE TRIGGER files_deleted BEFORE DELETE ON files BEGIN
    DELETE FROM fingerprints WHERE file = old.id;
END;

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'REFERENCES playlists (id) ON DELETE CASCADE', 'REFERENCES playlists (id)')
    WHERE type = 'table' AND name = 'playlist_items';
UPDATE sqlite_schema SET sql = replace(sql, 'REFERENCES files (id) ON DELETE CASCADE', 'REFERENCES files (id)')
    WHERE type = 'table' AND name = 'fingerprints';
PRAGMA writable_schema = RESET;
