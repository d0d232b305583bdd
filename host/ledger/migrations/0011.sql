-- How much each plugin used, in slots of ten minutes: for its budgets. A slot is the second since 1970 at which it begins;
-- slots older than a day are deleted.
CREATE TABLE budget_use (
  plugin   TEXT NOT NULL,
  resource TEXT NOT NULL,
  slot     INTEGER NOT NULL,
  used     INTEGER NOT NULL,
  PRIMARY KEY (plugin, resource, slot)
) STRICT, WITHOUT ROWID;
