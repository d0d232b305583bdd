-- Who gets the RETURN of a request, where that is not who sent it (`reply_to` of the handoff).
ALTER TABLE tasks ADD COLUMN reply_to TEXT;
