-- What a RETURN answers that has ended no request yet: a request that is written down after its RETURN finds it by this.
ALTER TABLE tasks ADD COLUMN answers TEXT;
CREATE INDEX tasks_answers ON tasks (answers) WHERE answers IS NOT NULL;
-- The process that carries a delivery; what another one that lives has written down is not touched.
ALTER TABLE outbox ADD COLUMN owner TEXT;
