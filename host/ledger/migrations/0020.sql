-- Requests on which an agent works: `lease_owner` of a delivered or disputed task is the session that has claimed it.
CREATE INDEX tasks_claimed ON tasks (lease_owner)
  WHERE state IN ('delivered', 'disputed') AND lease_owner IS NOT NULL;
-- The open tasks of an external agent.
CREATE INDEX tasks_inbox ON tasks (agent, priority DESC, created_at) WHERE state IN ('delivered', 'disputed');
