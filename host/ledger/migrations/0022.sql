-- The runs of command agents: one process that Baton started for a request. `process` names the process (null until it
-- started), `ended_at` and `outcome` are null while it runs. Times are milliseconds since 1970.
CREATE TABLE command_runs (
  id            INTEGER PRIMARY KEY,
  task          TEXT NOT NULL,
  agent         TEXT NOT NULL,
  client        TEXT NOT NULL,
  owner         TEXT NOT NULL,
  mark          TEXT NOT NULL,
  process       TEXT,
  session       TEXT,
  resumed       INTEGER NOT NULL DEFAULT 0,
  started_at    INTEGER NOT NULL,
  output_at     INTEGER,
  ended_at      INTEGER,
  outcome       TEXT,
  reason        TEXT NOT NULL DEFAULT '',
  resume_at     INTEGER,
  progress      TEXT NOT NULL DEFAULT '',
  cost_micros   INTEGER,
  input_tokens  INTEGER,
  output_tokens INTEGER,
  output        TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX command_runs_task ON command_runs (task, id);
CREATE INDEX command_runs_open ON command_runs (id) WHERE ended_at IS NULL;

-- The newest call of a tool by each external agent: when, and in which session.
CREATE TABLE agent_calls (
  agent  TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
