-- Commands that RETURNs name as evidence: `task` is the RETURN, `claimed` the exit code that it reports. `state` is `pending`
-- until Baton has run the command (`ran`) or knows that it cannot (`not_checked`, with a reason). `process` is the running
-- command. `output_hash` is the SHA-256 of standard output and error. `at` is a millisecond since 1970.
CREATE TABLE command_checks (
  task        TEXT NOT NULL,
  number      INTEGER NOT NULL,
  command     TEXT NOT NULL,
  claimed     INTEGER NOT NULL,
  state       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  process     TEXT,
  exit_code   INTEGER,
  output_hash TEXT,
  at          INTEGER NOT NULL,
  PRIMARY KEY (task, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX command_checks_pending ON command_checks (at, task, number) WHERE state = 'pending';
