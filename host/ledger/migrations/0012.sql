-- Repetitions of a request that has not ended: each is answered when that has. `folder` is where its sender reads the answer.
CREATE TABLE repeats (
  task   TEXT PRIMARY KEY NOT NULL,
  first  TEXT NOT NULL,
  folder TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX repeats_first ON repeats (first);
