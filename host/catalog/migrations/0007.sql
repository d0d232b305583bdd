-- A disk that takes the place of another may get its number: what tells them apart is the id of the file system, and its UUID.

ALTER TABLE library_sources ADD COLUMN uuid TEXT;  -- of the volume, 32 hexadecimal digits; NULL where the system does not tell

-- The volumes that were mounted within sources when those were listed last.
CREATE TABLE library_mounts (
    source INTEGER NOT NULL REFERENCES library_sources (id) ON DELETE CASCADE,
    path ANY NOT NULL,         -- where it was mounted; a BLOB where that is not UTF-8
    device INTEGER NOT NULL,   -- as in `library_sources`, as the next two
    fsid INTEGER NOT NULL,
    uuid TEXT,
    PRIMARY KEY (source, path)
) STRICT, WITHOUT ROWID;
