-- What a task waits for, when it has to be done, which chain it belongs to; what a person said; what was reminded of.
ALTER TABLE tasks ADD COLUMN task_id TEXT;
ALTER TABLE tasks ADD COLUMN deadline INTEGER;
ALTER TABLE tasks ADD COLUMN chain_id TEXT;
ALTER TABLE tasks ADD COLUMN chain_phase INTEGER;
ALTER TABLE tasks ADD COLUMN answer TEXT;
-- A person asked for the end of a running attempt.
ALTER TABLE tasks ADD COLUMN stop_asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN reminded_at INTEGER;
ALTER TABLE tasks ADD COLUMN escalated_at INTEGER;
ALTER TABLE tasks ADD COLUMN reviewed_at INTEGER;

CREATE INDEX tasks_task_id ON tasks (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX tasks_delivered ON tasks (created_at) WHERE state = 'delivered';

-- Which ids a waiting task waits for, as its sender wrote them; a row goes when what it names has succeeded.
CREATE TABLE dependencies (
  task  TEXT NOT NULL,
  needs TEXT NOT NULL,
  PRIMARY KEY (task, needs)
) STRICT;

CREATE INDEX dependencies_needs ON dependencies (needs);

-- The same outbox with more kinds; which ones there are is the code's business.
CREATE TABLE outbox_2 (
  id        INTEGER PRIMARY KEY,
  task      TEXT NOT NULL,
  kind      TEXT NOT NULL,
  state     TEXT NOT NULL CHECK (state IN ('pending', 'staged', 'done', 'lost')),
  source    TEXT,
  folder    TEXT NOT NULL,
  name      TEXT NOT NULL,
  hash      TEXT,
  bytes     BLOB
) STRICT;
INSERT INTO outbox_2 SELECT id, task, kind, state, source, folder, name, hash, bytes FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_2 RENAME TO outbox;
CREATE INDEX outbox_open ON outbox (task, id) WHERE state IN ('pending', 'staged');
CREATE INDEX outbox_place ON outbox (folder, name);
CREATE INDEX outbox_hash ON outbox (folder, hash);

-- Up to which event the chain was pruned: the events up to `seq` are gone, `hash` is the last one's.
CREATE TABLE pruned (
  seq  INTEGER PRIMARY KEY,
  hash TEXT NOT NULL,
  at   INTEGER NOT NULL
) STRICT;

-- What is open is found by partial indexes. That `state = 'x'` is part of an IN list is more than SQLite can see; of an OR
-- it does see it.
DROP INDEX tasks_open;
CREATE INDEX tasks_open ON tasks (state, due_at)
  WHERE state = 'captured' OR state = 'running' OR state = 'waiting' OR state = 'needs_grant' OR state = 'needs_human'
     OR state = 'needs_approval';
-- What is asked of each agent, with all that the count looks at.
CREATE INDEX tasks_asked ON tasks (agent, state, kind, origin)
  WHERE state IN ('captured', 'queued', 'running', 'waiting', 'needs_grant', 'needs_human', 'needs_approval', 'delivered')
    AND kind <> 'RETURN' AND origin <> 'call';
-- Whose bytes they are, before a prune lets them go.
CREATE INDEX tasks_input ON tasks (input) WHERE input IS NOT NULL;
