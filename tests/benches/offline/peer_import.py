"""The same import as a plain script would do it: Exportify's CSV files, in three dialects, into the tables of Baton's catalog.

Usage: peer_import.py FOLDER DATABASE. DATABASE is an empty catalog without its triggers and views. The script reads all files, keeps
each track once, and fills every table and index that the import fills, each with one `executemany`.
"""

import csv
import datetime
import hashlib
import json
import pathlib
import re
import sqlite3
import sys

SERVICE, SOURCE = "spotify-csv", 1
KEYS = "C C# D D# E F F# G G# A A# B".split()
# Facts that have no column.
MORE = [
    "popularity", "danceability", "energy", "loudness", "speechiness", "acousticness", "instrumentalness", "liveness", "valence",
    "time signature",
]
COLUMNS = [
    "title", "artists", "album", "album_artist", "duration_ms", "isrc", "bpm", "musical_key", "genre", "released", "label",
]


def number(text):
    return float(text) if text else None


def moment(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000) if text else None


def musical_key(row):
    if not row["key"] or not row["mode"]:
        return None
    return KEYS[int(row["key"])] + ("" if row["mode"] == "1" else "m")


def facts(row):
    """The facts that a row states about its track, by field, without the missing ones."""
    said = {
        "title": row["track name"],
        # A comma with no space behind it separates names.
        "artists": json.dumps(re.split(r",(?! )", row["artist name(s)"]), ensure_ascii=False, separators=(",", ":")),
        "album": row["album name"],
        "duration_ms": int(row["duration (ms)"]) or None,
        "isrc": row.get("isrc") or None,
        "bpm": number(row["tempo"]),
        "musical_key": musical_key(row),
        "genre": row["genres"] or None,
        "released": row["release date"],
        "label": row["record label"],
        "explicit": int(row["explicit"] == "true"),
    }
    said.update((name.replace(" ", "_"), number(row[name])) for name in MORE)
    return {field: value for field, value in said.items() if value is not None}


def read(folder):
    """The playlists, newest first, and what their rows say of each track."""
    paths = sorted(pathlib.Path(folder).glob("*.csv"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    playlists, tracks, times = [], {}, {}
    for path in paths:
        data = path.read_bytes()
        at = path.stat().st_mtime_ns // 1_000_000
        header, *lines = csv.reader(data.decode("utf-8-sig").splitlines())
        names = [name.strip().lower().replace("_", " ") for name in header]
        entries = []
        for line in lines:
            row = dict(zip(names, line))
            track = row["track uri"].removeprefix("spotify:track:")
            said = facts(row)
            tracks[track] = said | tracks.get(track, {})
            times.setdefault(track, at)
            entries.append((track, moment(row["added at"]), row["added by"].removeprefix("spotify:user:")))
        name = path.stem.replace("Liked_Songs", "Liked Songs")
        playlists.append((name, f"2:{hashlib.sha256(data).hexdigest()}:{len(entries)}", at, entries))
    return playlists, tracks, times


def number_of(numbers, key):
    return numbers.setdefault(key, len(numbers) + 1)


def write(db, playlists, tracks, times):
    artists, albums, ids = {}, {}, {track: place for place, track in enumerate(tracks, 1)}
    artist_names, rows, credits, said, external = {}, [], [], [], []
    for track, place in ids.items():
        of, at = tracks[track], times[track]
        names = json.loads(of["artists"])
        for position, name in enumerate(names):
            artist_names.setdefault(name.lower(), name)
            credits.append((place, position, number_of(artists, name.lower())))
        album = number_of(albums, of["album"])
        rows.append((place, *(of.get(column) for column in COLUMNS), ", ".join(names), album, 0))
        said.extend((place, field, SOURCE, value, at) for field, value in sorted(of.items()))
        url = f"https://open.spotify.com/track/{track}"
        external.append(("track", "spotify", track, place, url, SOURCE, at))
    db.execute("INSERT INTO sources (id, name) VALUES (?, 'spotify/csv')", (SOURCE,))
    db.executemany("INSERT INTO artists VALUES (?, ?)", ((place, artist_names[name]) for name, place in artists.items()))
    db.executemany("INSERT INTO albums (id, title) VALUES (?, ?)", ((place, title) for title, place in albums.items()))
    columns = ", ".join(COLUMNS)
    marks = ", ".join("?" * (len(COLUMNS) + 4))
    db.executemany(f"INSERT INTO tracks (id, {columns}, artist, album_id, refreshed) VALUES ({marks})", rows)
    db.execute("INSERT INTO search (rowid, title, artist, album) SELECT id, title, artist, album FROM tracks")
    db.executemany("INSERT INTO track_artists VALUES (?, ?, ?)", credits)
    db.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?)", said)
    lists = list(enumerate(playlists, 1))
    external.extend(("playlist", SERVICE, name.lower(), place, None, SOURCE, at) for place, (name, _, at, _) in lists)
    db.executemany("INSERT INTO external_ids VALUES (?, ?, ?, ?, ?, ?, ?)", external)
    db.executemany(
        "INSERT INTO playlists (id, name, snapshot, source, said_at) VALUES (?, ?, ?, ?, ?)",
        ((place, name, snapshot, SOURCE, at) for place, (name, snapshot, at, _) in lists),
    )
    db.executemany(
        "INSERT INTO playlist_items VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (place, position, ids[track], added_at, added_by, SOURCE, at)
            for place, (_, _, at, entries) in lists
            for position, (track, added_at, added_by) in enumerate(entries)
        ),
    )
    db.commit()


def main(folder, database):
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode = WAL")
    write(db, *read(folder))


main(*sys.argv[1:])
