-- Names that attempts hold. A row goes with its claim; what a killed process left counts no more and is replaced or swept.
CREATE TABLE claims (
  -- Tells one claim of a name from the next. Never given twice.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  plugin TEXT NOT NULL,
  name TEXT NOT NULL,
  -- The process that holds it.
  owner TEXT NOT NULL,
  -- The task whose attempt holds it.
  task TEXT NOT NULL,
  taken_at INTEGER NOT NULL,
  UNIQUE (plugin, name)
);
