-- Times are milliseconds since 1970 in UTC. Hashes are lower-case hexadecimal SHA-256.

-- One handoff for one agent, or one trigger's or person's call.
CREATE TABLE tasks (
  id          TEXT PRIMARY KEY,
  agent       TEXT NOT NULL,
  origin      TEXT NOT NULL CHECK (origin IN ('handoff', 'trigger', 'call')),
  kind        TEXT NOT NULL,
  handoff_id  TEXT,
  sender      TEXT,
  title       TEXT NOT NULL,
  action      TEXT,
  args        TEXT NOT NULL DEFAULT '{}',
  body        TEXT NOT NULL DEFAULT '',
  made_at     INTEGER,
  paths       TEXT NOT NULL DEFAULT '[]',
  priority    INTEGER NOT NULL,
  state       TEXT NOT NULL,
  reason      TEXT NOT NULL DEFAULT '',
  attempts    INTEGER NOT NULL DEFAULT 0,
  file        TEXT,
  file_name   TEXT,
  input       TEXT,
  dedupe_key  TEXT,
  substance   TEXT,
  due_at      INTEGER,
  lease_owner TEXT,
  lease_until INTEGER,
  created_at  INTEGER NOT NULL,
  returned_at INTEGER,
  archived_at INTEGER
) STRICT;

CREATE INDEX tasks_ready ON tasks (agent, priority DESC, created_at) WHERE state = 'queued';
CREATE INDEX tasks_unfinished ON tasks (agent, state) WHERE archived_at IS NULL;
CREATE INDEX tasks_open ON tasks (state) WHERE state IN ('running', 'waiting', 'needs_grant');
CREATE INDEX tasks_created ON tasks (created_at);
CREATE INDEX tasks_dedupe ON tasks (dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX tasks_file ON tasks (file) WHERE file IS NOT NULL;
CREATE INDEX tasks_file_name ON tasks (file_name) WHERE file_name IS NOT NULL;
CREATE INDEX tasks_handoff ON tasks (handoff_id) WHERE handoff_id IS NOT NULL;

-- What was captured, byte for byte, once for equal bytes.
CREATE TABLE inputs (
  hash  TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

-- Every transition, each with the hash of the one before. Rows are only ever added.
CREATE TABLE events (
  seq           INTEGER PRIMARY KEY,
  task          TEXT NOT NULL,
  at            INTEGER NOT NULL,
  actor         TEXT NOT NULL,
  action        TEXT NOT NULL,
  reason        TEXT NOT NULL,
  state         TEXT NOT NULL,
  input_hash    TEXT,
  output_hash   TEXT,
  plugin_digest TEXT,
  prev          TEXT NOT NULL,
  hash          TEXT NOT NULL
) STRICT;

CREATE INDEX events_task ON events (task, seq);

-- What is still to be put somewhere (or moved), and what was.
CREATE TABLE outbox (
  id        INTEGER PRIMARY KEY,
  task      TEXT NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('artifact', 'handoff', 'return', 'reason', 'archive')),
  state     TEXT NOT NULL CHECK (state IN ('pending', 'staged', 'done', 'lost')),
  source    TEXT,
  folder    TEXT NOT NULL,
  name      TEXT NOT NULL,
  hash      TEXT,
  bytes     BLOB
) STRICT;

CREATE INDEX outbox_open ON outbox (task, id) WHERE state IN ('pending', 'staged');
CREATE INDEX outbox_place ON outbox (folder, name);
CREATE INDEX outbox_hash ON outbox (folder, hash);

-- What plugins found out, with the task that found it.
CREATE TABLE findings (
  task     TEXT NOT NULL,
  id       TEXT NOT NULL,
  severity TEXT NOT NULL,
  title    TEXT NOT NULL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (task, id)
) STRICT;

-- What a files trigger has seen of each path, so that only a change fires it.
CREATE TABLE marks (
  trigger TEXT NOT NULL,
  path    TEXT NOT NULL,
  hash    TEXT NOT NULL,
  PRIMARY KEY (trigger, path)
) STRICT;
