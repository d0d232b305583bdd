-- What the rows of each table are, whatever their order: their number and the sum of their digests. Triggers of every
-- connection that writes keep them; `sealed` says whether an event of the chain has them.
CREATE TABLE sums (
  name   TEXT PRIMARY KEY NOT NULL,
  rows   INTEGER NOT NULL,
  sum    BLOB NOT NULL,
  sealed INTEGER NOT NULL CHECK (sealed IN (0, 1))
) STRICT, WITHOUT ROWID;
