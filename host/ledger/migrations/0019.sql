-- What is known about the work that an external agent's RETURN reports: `reported`, `verified` or `refuted`. Of a RETURN: by
-- its own checks. Of a request: by those of its newest checked RETURN. Null where no external agent answered.
ALTER TABLE tasks ADD COLUMN evidence TEXT;
CREATE INDEX tasks_request ON tasks (request) WHERE request IS NOT NULL;
CREATE INDEX tasks_disputed ON tasks (created_at) WHERE state = 'disputed';
UPDATE tasks SET evidence = 'reported' WHERE closing IN ('answered', 'by_other') AND attempts = 0
  AND state IN ('succeeded', 'failed');
UPDATE tasks SET evidence = 'reported' WHERE kind = 'RETURN'
  AND request IN (SELECT id FROM tasks WHERE evidence IS NOT NULL);

-- Checks of RETURNs by plugins: `task` is the RETURN, `by_task` the task of the plugin. `at` is a millisecond since 1970,
-- `reasons` a JSON list.
CREATE TABLE return_checks (
  task     TEXT NOT NULL,
  by_task  TEXT NOT NULL,
  by_agent TEXT NOT NULL,
  at       INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  reasons  TEXT NOT NULL,
  PRIMARY KEY (task, by_task)
) STRICT, WITHOUT ROWID;
