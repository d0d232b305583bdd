-- Who writes a row of `facts` (the triggers of the `put_` views and a person's decision) has found its track and its source, and
-- `tracks_deleted` deletes it with its track. Checking both again for each of the twenty facts of a track cost an import a quarter of
-- its time in the database. The rows stay as they are; only the declaration changes.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = replace(replace(sql, ' REFERENCES tracks (id)', ''), ' REFERENCES sources (id)', '')
    WHERE type = 'table' AND name = 'facts';
PRAGMA writable_schema = RESET;
