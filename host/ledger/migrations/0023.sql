-- The requests that an agent has sent, for lists of them.
CREATE INDEX tasks_sent ON tasks (sender) WHERE sender IS NOT NULL;

-- The RETURNs and requests that tasks have written, to find those that are not captured yet.
CREATE INDEX outbox_handoffs ON outbox (task) WHERE kind = 'handoff';
