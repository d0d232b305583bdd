-- What attempts of plugins wrote to standard output and standard error, the newest attempts of each plugin. `at` is the
-- millisecond since 1970 at which the attempt ended.
CREATE TABLE attempt_logs (
  id      INTEGER PRIMARY KEY,
  plugin  TEXT NOT NULL,
  task    TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  text    TEXT NOT NULL
) STRICT;
CREATE INDEX attempt_logs_of_plugin ON attempt_logs (plugin, id);
CREATE INDEX attempt_logs_of_task ON attempt_logs (task, id);
