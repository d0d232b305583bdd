-- Files that were read and stay in an inbox: none is read again while it is as it was then. `reader` is the version of Baton that
-- read it, because another version may understand it otherwise.
CREATE TABLE read_files (
  file   TEXT PRIMARY KEY NOT NULL,
  stamp  TEXT NOT NULL,
  reader TEXT NOT NULL
) STRICT, WITHOUT ROWID;
