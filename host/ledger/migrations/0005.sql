-- Every change of a task's state was written there too; what asks by agent is answered by the index of what has not ended.
DROP INDEX IF EXISTS tasks_unfinished;
-- What the last attempt of a task used of its ceilings, as JSON: for `why`.
ALTER TABLE tasks ADD COLUMN usage TEXT;
-- Plugins that crashed or were stopped at a ceiling, and have not ended well since.
CREATE TABLE supervision (
  agent TEXT PRIMARY KEY NOT NULL,
  -- The component that failed: another one has not.
  digest TEXT NOT NULL,
  -- In a row.
  failures INTEGER NOT NULL,
  -- Pauses in a row.
  quarantines INTEGER NOT NULL,
  -- When the next attempt may be made; null while the failures are put up with.
  until INTEGER,
  reason TEXT NOT NULL
) WITHOUT ROWID;
