-- What is wrong with a file that has a fingerprint all the same, for people: frames that cannot be decoded, an end that is missing,
-- samples without the checksum that they should have. NULL: nothing was found, or the file was last read before this column.
ALTER TABLE library_items ADD COLUMN damage TEXT;
