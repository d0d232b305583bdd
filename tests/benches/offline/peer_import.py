"""The same import as a script would do it: Exportify's CSV files into three SQLite tables. Usage: peer_import.py FOLDER DATABASE."""

import csv
import json
import pathlib
import sqlite3
import sys

NUMBERS = [
    "Popularity", "Danceability", "Energy", "Key", "Loudness", "Mode", "Speechiness", "Acousticness", "Instrumentalness",
    "Liveness", "Valence", "Tempo", "Time Signature",
]


def number(text):
    return float(text) if text else None


def main(folder, database):
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode = WAL")
    columns = ", ".join(f'"{name}" REAL' for name in NUMBERS)
    db.execute(
        "CREATE TABLE IF NOT EXISTS tracks (uri TEXT PRIMARY KEY, title TEXT, artists TEXT, album TEXT, released TEXT,"
        f" duration_ms INTEGER, explicit TEXT, genres TEXT, label TEXT, {columns})"
    )
    db.execute("CREATE TABLE IF NOT EXISTS playlists (name TEXT PRIMARY KEY)")
    db.execute(
        "CREATE TABLE IF NOT EXISTS items (playlist TEXT, position INTEGER, uri TEXT, added_at TEXT, added_by TEXT,"
        " PRIMARY KEY (playlist, position))"
    )
    marks = ", ".join("?" * (9 + len(NUMBERS)))
    for path in sorted(pathlib.Path(folder).glob("*.csv")):
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["Track URI"]]
        db.execute("INSERT OR REPLACE INTO playlists VALUES (?)", (path.stem,))
        db.execute("DELETE FROM items WHERE playlist = ? AND position >= ?", (path.stem, len(rows)))
        db.executemany(
            f"INSERT OR REPLACE INTO tracks VALUES ({marks})",
            (
                (
                    row["Track URI"], row["Track Name"], json.dumps(row["Artist Name(s)"].split(",")), row["Album Name"],
                    row["Release Date"], int(row["Duration (ms)"] or 0), row["Explicit"], row["Genres"], row["Record Label"],
                    *(number(row[name]) for name in NUMBERS),
                )
                for row in rows
            ),
        )
        db.executemany(
            "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)",
            (
                (path.stem, place, row["Track URI"], row["Added At"], row["Added By"].removeprefix("spotify:user:"))
                for place, row in enumerate(rows)
            ),
        )
        db.commit()
    tracks = db.execute("SELECT count(*) FROM tracks").fetchone()[0]
    print(json.dumps({"tracks": tracks}))


main(*sys.argv[1:])
