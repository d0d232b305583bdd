-- The state of an unreadable file is `rejected` now. Events keep the former name, because their hashes cover it.
UPDATE tasks SET state = 'rejected' WHERE state = 'quarantined';
