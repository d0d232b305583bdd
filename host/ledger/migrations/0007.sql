-- What plugins sent under keys of their own. The newest row of a key tells which request that is now; an older one stays
-- only while its file, which nobody has looked at yet, is to be turned away.
CREATE TABLE posted (
  -- The id that stands in the handoff.
  handoff_id TEXT PRIMARY KEY NOT NULL,
  -- The plugin, and its name for the request.
  sender TEXT NOT NULL,
  key TEXT NOT NULL,
  -- How often it was asked under this key, with this time.
  times INTEGER NOT NULL,
  -- The row of the outbox that carries it.
  delivery INTEGER NOT NULL,
  -- Why it was taken back before it was looked at; null when it was not.
  taken_back TEXT
) WITHOUT ROWID;
CREATE INDEX posted_key ON posted (sender, key, times);
