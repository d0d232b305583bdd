-- Which ledger this is: drawn once, carried along by every backup, so that a workspace notices another one in its place.
CREATE TABLE identity (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  id       TEXT NOT NULL
) STRICT;
INSERT INTO identity (only_row, id) VALUES (1, lower(hex(randomblob(16))));
