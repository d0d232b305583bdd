-- What an ended task is worth, as its plugin says: `done`, `partial` or `refused`, and what is to be done next (a JSON list).
ALTER TABLE tasks ADD COLUMN outcome TEXT;
ALTER TABLE tasks ADD COLUMN next_steps TEXT;
