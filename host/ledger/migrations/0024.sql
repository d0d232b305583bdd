-- The tasks with a title, to find a task by it among all tasks.
CREATE INDEX tasks_title ON tasks (title);
