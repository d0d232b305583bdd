"""A djay library to five CSV tables with Python's own modules, as a careful script does it: the peer of `baton run djay export`.

Usage: peer_djay.py MediaLibrary.db FOLDER
"""

import csv
import os
import sqlite3
import struct
import sys
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

EPOCH = datetime(2001, 1, 1, tzinfo=timezone.utc)
NOTES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]


class Reader:
    """One blob of TSAF, strictly."""

    def __init__(self, blob):
        if blob[:8] != b"TSAF\x03\0\x03\0":
            raise ValueError("no TSAF")
        self.blob, self.at, self.strings, self.things = blob, 20, [], []
        objects, zero, strings = struct.unpack_from("<III", blob, 8)
        self.root = self.value()
        if self.at != len(blob) or zero or (len(self.things), len(self.strings)) != (objects, strings):
            raise ValueError("the counts do not come out")

    def number(self, form, size):
        self.at += -self.at % size
        (number,) = struct.unpack_from("<" + form, self.blob, self.at)
        self.at += size
        return number

    def string(self, tag):
        if tag == 0x08:
            end = self.blob.index(0, self.at)
            text = self.blob[self.at : end].decode()
            self.at = end + 1
            self.strings.append(text)
            return text
        form, size = {0x05: ("B", 1), 0x06: ("H", 2), 0x07: ("I", 4)}[tag]
        return self.strings[self.number(form, size)]

    def tag(self):
        self.at += 1
        return self.blob[self.at - 1]

    def value(self):
        tag = self.tag()
        if 0x05 <= tag <= 0x08:
            return self.string(tag)
        if tag == 0x2B:
            return self.object()
        if tag == 0x13:
            return self.number("f", 4)
        if tag == 0x14:
            return self.number("d", 8)
        if tag == 0x0F:
            return self.number("B", 1)
        if tag in (0x2D, 0x2E):
            return 0x2E - tag
        if tag == 0x30:
            value = EPOCH + timedelta(seconds=self.number("d", 8))
            self.things.append(value)
            return value
        if tag == 0x0B:
            array = []
            self.things.append(array)
            for _ in range(self.number("I", 4)):
                array.append(self.value())
            return array
        if tag == 0x21:
            text = self.string(self.tag())
            self.value()
            return text
        if tag == 0x15:
            count = self.number("I", 4)
            data = self.blob[self.at : self.at + count]
            self.at += count
            self.at += -self.at % 4
            self.things.append(data)
            return data
        if tag in (0x02, 0x03, 0x04):
            form, size = {0x02: ("B", 1), 0x03: ("H", 2), 0x04: ("I", 4)}[tag]
            return self.things[self.number(form, size)]
        if tag in (0x0D, 0x0E):
            return tag == 0x0D
        if tag == 0x00:
            return None
        wide = {0x0A: ("h", 2), 0x0C: ("i", 4), 0x11: ("I", 4), 0x1A: ("I", 4), 0x12: ("Q", 8)}
        if tag in wide:
            return self.number(*wide[tag])
        raise ValueError(f"unknown tag {tag:02X} at {self.at}")

    def object(self):
        fields = {"class": self.string(self.tag())}
        self.things.append(fields)
        while self.blob[self.at] != 0:
            value = self.value()
            fields.setdefault(self.string(self.tag()), value)
        self.at += 1
        return fields


def source(uri):
    if uri.startswith("com.apple.iTunes:"):
        return "apple", str(int(uri[17:]) % 2**64), ""
    if uri.startswith("file://"):
        path = unquote(uri[7:])
        return "local", "", path[1:] if path[2:3] == ":" else path
    service, _, rest = uri.split(":", 2)
    return service, rest, ""


def shown(number):
    return "" if number is None else f"{number:.3f}".rstrip("0").rstrip(".")


def when(moment):
    if moment is None:
        return ""
    # To the millisecond, without zeros at its end.
    moment += timedelta(microseconds=500)
    fraction = f".{moment.microsecond // 1000:03}".rstrip("0").rstrip(".")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def key(index):
    if index is None:
        return "", ""
    index = int(index)
    major = (index // 2 + 1) % 12
    hour = (major * 7 + 7) % 12 + 1
    if index % 2 == 0:
        return NOTES[major], f"{hour}B"
    return NOTES[(major + 9) % 12] + "m", f"{hour}A"


def read(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    collections = {}
    rowids = {}
    rows = database.execute("SELECT rowid, collection, key, data FROM database2 WHERE collection <> 'databaseInfo' ORDER BY rowid")
    for rowid, collection, name, data in rows:
        value = Reader(data).root
        collections.setdefault(collection, {})[name] = value
        rowids[rowid] = value.get("mediaItemUUID") or name
    pages = {}
    exists = database.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'view_mediaItemPlaylistView_page'").fetchone()[0]
    for page, group, before, data in database.execute(
        'SELECT pageKey, "group", prevPageKey, data FROM view_mediaItemPlaylistView_page'
    ) if exists else []:
        pages.setdefault(group, {})[before] = (page, [rowids[row] for (row,) in struct.iter_unpack("<q", data)])
    return collections, pages


def write(folder, name, header, rows):
    with open(os.path.join(folder, name), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def tracks(found, plays):
    locations = {**found.get("localMediaItemLocations", {}), **found.get("globalMediaItemLocations", {})}
    last, counts = {}, {}
    for play in plays:
        track, started = play["titleID"]["uuid"], play["startTime"]
        counts[track] = counts.get(track, 0) + 1
        last[track] = max(last.get(track, started), started)
    rows, streaming, bpms = [], [], {}
    for name, title in sorted(found.get("mediaItemTitleIDs", {}).items()):
        analysed = found.get("mediaItemAnalyzedData", {}).get(name, {})
        user = found.get("mediaItemUserData", {}).get(name, {})
        # The tempo that the user set, else the one that djay detected; 0 means none.
        bpms[name] = user.get("manualBPM") or analysed.get("manualBPM") or analysed.get("bpm") or None
        sources = [(*source(uri), uri) for uri in locations.get(name, {}).get("sourceURIs", [])]
        first = sources[0] if sources else ("", "", "", "")
        artist, length = title.get("artist") or "", shown(title.get("duration"))
        rows.append([
            name, title["title"], artist, "", "", length, shown(bpms[name]), *key(analysed.get("keySignatureIndex")),
            first[0], first[1], next((path for _, _, path, _ in sources if path), ""), "", when(last.get(name)),
            int(user.get("playCount", counts.get(name, 0))),
        ])
        for service, number, _, uri in sources:
            if service not in ("local", "apple"):
                streaming.append([name, service, number, uri, artist, title["title"], length, ""])
    return rows, streaming, bpms


def main(path, folder):
    found, pages = read(path)
    plays = sorted(found.get("historySessionItems", {}).values(), key=lambda play: (play["startTime"], play["uuid"]))
    rows, streaming, bpms = tracks(found, plays)
    write(folder, "djay_library_tracks.csv", ["track_id", "title", "artist", "album", "genre", "duration_sec", "bpm", "key",
          "key_camelot", "source_type", "source_id", "file_path", "added_date", "last_played", "play_count"], rows)
    write(folder, "djay_library_streaming.csv", ["track_id", "source_type", "source_track_id", "source_url", "artist", "title",
          "duration_sec", "is_available"], streaming)
    counts = {}
    for play in plays:
        counts[play["sessionUUID"]] = counts.get(play["sessionUUID"], 0) + 1
    sessions = sorted(found.get("historySessions", {}).values(), key=lambda one: (one["startDate"], one["uuid"]))
    write(folder, "djay_session_history.csv", ["session_id", "device_name", "device_type", "start_time", "end_time", "duration_min",
          "track_count"], [[one["uuid"], one["deviceName"], one["deviceType"], when(one["startDate"]), when(one["endDate"]),
          shown((one["endDate"] - one["startDate"]).total_seconds() / 60), counts.get(one["uuid"], 0)] for one in sessions])
    write(folder, "djay_session_tracks.csv", ["play_id", "session_id", "track_id", "deck_number", "play_start", "title", "artist",
          "bpm"], [[one["uuid"], one["sessionUUID"], one["titleID"]["uuid"], int(one["deckNumber"]), when(one["startTime"]),
          one["titleID"]["title"], one["titleID"].get("artist") or "", shown(bpms.get(one["titleID"]["uuid"]))] for one in plays])
    listed = []
    for name, playlist in found.get("mediaItemPlaylists", {}).items():
        group = pages.get(name) or pages.get(playlist.get("name")) or {}
        before, items = None, []
        while before in group:
            before, page = group[before]
            items += page
        listed += [[playlist.get("name"), name, item, place] for place, item in enumerate(items, 1)]
    listed.sort(key=lambda row: (row[0], row[1], row[3]))
    write(folder, "djay_playlists.csv", ["playlist_id", "playlist_name", "track_id", "position", "added_date"],
          [[uuid, name, track, place, ""] for name, uuid, track, place in listed])


main(*sys.argv[1:])
