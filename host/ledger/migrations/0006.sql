-- Files that plugins have looked at, as they said that they saw them, and how a task was last told that each is now. A
-- stamp is `SIZE:TIME`, the time in nanoseconds since 1970; `-` is a file that is not there.
CREATE TABLE watched (
  plugin TEXT NOT NULL,
  key    TEXT NOT NULL,
  path   TEXT NOT NULL,
  seen   TEXT NOT NULL,
  told   TEXT,
  PRIMARY KEY (plugin, key, path)
) STRICT, WITHOUT ROWID;

CREATE INDEX watched_path ON watched (plugin, path);

-- Of a task that a RETURN made: the RETURN's own task. Of a RETURN: the request that it answers.
ALTER TABLE tasks ADD COLUMN about TEXT;
ALTER TABLE tasks ADD COLUMN request TEXT;
CREATE INDEX tasks_about ON tasks (about) WHERE about IS NOT NULL;

-- What a plugin found out about the work of others, with the task that it is about; `by_task` is the plugin's own.
CREATE TABLE flags (
  task     TEXT NOT NULL,
  by_task  TEXT NOT NULL,
  by_agent TEXT NOT NULL,
  id       TEXT NOT NULL,
  severity TEXT NOT NULL,
  title    TEXT NOT NULL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (task, by_task, id)
) STRICT, WITHOUT ROWID;
