-- How a request ended, for the compliance of its agent: `answered` by the agent itself, `by_other` by a RETURN that no agent
-- here signed, `stale` when nobody answered in time. Null while it is open, and where it was cancelled or undeliverable.
ALTER TABLE tasks ADD COLUMN closing TEXT;
UPDATE tasks SET closing = 'answered' WHERE origin = 'handoff' AND (state = 'succeeded'
  OR state IN ('failed', 'dead') AND (attempts > 0
    OR EXISTS (SELECT 1 FROM events WHERE events.task = tasks.id AND action = 'returned' AND actor = tasks.agent)));
UPDATE tasks SET closing = 'stale' WHERE state = 'cancelled'
  AND EXISTS (SELECT 1 FROM events WHERE events.task = tasks.id AND action = 'stale');
