-- Tasks that have not ended, by state and age: what moves, and what should. A partial index serves only a statement that
-- has its condition word for word.
CREATE INDEX tasks_unended ON tasks (state, created_at) WHERE state IN
  ('captured', 'queued', 'running', 'waiting', 'needs_grant', 'needs_human', 'needs_approval', 'delivered');
