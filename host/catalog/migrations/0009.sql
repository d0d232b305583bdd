-- Whether damage was looked for when the file was last read: 1 with `damage` NULL means that none was found. 0: it was last read by a
-- version of Baton that did not look for damage, or it was not read yet.
ALTER TABLE library_items ADD COLUMN damage_checked INTEGER NOT NULL DEFAULT 0 CHECK (damage_checked IN (0, 1));
UPDATE library_items SET damage_checked = 1 WHERE damage IS NOT NULL;
