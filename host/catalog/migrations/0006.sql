-- How whole files sound, beyond the first two minutes that `fingerprints` has: made when two files that play on are first compared,
-- and kept by their audio, so that neither a new tag nor another place makes it anew.

CREATE TABLE library_whole_prints (
    audio_sha256 BLOB PRIMARY KEY NOT NULL,  -- of the audio packets, as in `library_items`
    words BLOB NOT NULL                      -- four bytes each, the lowest first
) STRICT, WITHOUT ROWID;
