"""The same import as a script would do it: Exportify's CSV files, in three dialects, into three SQLite tables.

Usage: peer_import.py FOLDER DATABASE. A track is one row with what any of its exports knows, as in the catalog.
"""

import csv
import datetime
import json
import pathlib
import re
import sqlite3
import sys

NUMBERS = [
    "popularity", "danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness", "instrumentalness",
    "liveness", "valence", "tempo", "time signature",
]


def fold(name):
    return name.strip().lower().replace("_", " ")


def number(text):
    return float(text) if text else None


def moment(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000) if text else None


def artists(credit):
    # A comma with no space behind it parts names.
    return json.dumps(re.split(r",(?! )", credit), ensure_ascii=False)


def track(row):
    return (
        row["track uri"].removeprefix("spotify:track:"), row["track name"], artists(row["artist name(s)"]), row["album name"],
        row["release date"], int(row["duration (ms)"]) or None, row.get("isrc") or None, row["explicit"], row["genres"] or None,
        row["record label"], *(number(row[name]) for name in NUMBERS),
    )


def main(folder, database):
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode = WAL")
    columns = ", ".join(f'"{name}" REAL' for name in NUMBERS)
    db.execute(
        "CREATE TABLE IF NOT EXISTS tracks (id TEXT PRIMARY KEY, title TEXT, artists TEXT, album TEXT, released TEXT,"
        f" duration_ms INTEGER, isrc TEXT, explicit TEXT, genres TEXT, label TEXT, {columns})"
    )
    db.execute("CREATE TABLE IF NOT EXISTS playlists (name TEXT PRIMARY KEY)")
    db.execute(
        "CREATE TABLE IF NOT EXISTS items (playlist TEXT, position INTEGER, track TEXT, added_at INTEGER, added_by TEXT,"
        " PRIMARY KEY (playlist, position))"
    )
    db.execute("CREATE INDEX IF NOT EXISTS items_track ON items (track)")
    marks = ", ".join("?" * (10 + len(NUMBERS)))
    for path in sorted(pathlib.Path(folder).glob("*.csv")):
        with open(path, encoding="utf-8-sig", newline="") as file:
            header, *lines = csv.reader(file)
        names = [fold(name) for name in header]
        rows = [dict(zip(names, line)) for line in lines]
        name = path.stem.replace("Liked_Songs", "Liked Songs")
        db.execute("INSERT OR REPLACE INTO playlists VALUES (?)", (name,))
        db.execute("DELETE FROM items WHERE playlist = ? AND position >= ?", (name, len(rows)))
        db.executemany(
            f"INSERT INTO tracks VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET title = excluded.title,"
            " isrc = coalesce(excluded.isrc, isrc)",
            map(track, rows),
        )
        db.executemany(
            "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)",
            (
                (
                    name, place, row["track uri"].removeprefix("spotify:track:"), moment(row["added at"]),
                    row["added by"].removeprefix("spotify:user:"),
                )
                for place, row in enumerate(rows)
            ),
        )
        db.commit()
    tracks = db.execute("SELECT count(*) FROM tracks").fetchone()[0]
    print(json.dumps({"tracks": tracks}))


main(*sys.argv[1:])
