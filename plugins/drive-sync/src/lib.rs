//! Keeps databases mirrored in a Drive folder, without duplicates and without losing a column.
