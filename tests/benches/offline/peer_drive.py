"""What a user has today: a script that finds out whether any of the databases has to be written to the Drive again.

    peer_drive.py digests|times DATABASES DRIVE STATE

`digests` reads every CSV on both sides with `csv` and compares the digests of its rows with those of the last run; `times` compares
sizes and times of the files alone. STATE keeps what was seen. Prints how many databases there are and how many changed.
"""

import csv
import hashlib
import json
import os
import sys


def digest(path):
    """The digest of a CSV's rows: the cells, not how they are quoted."""
    found = hashlib.sha256()
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            found.update(json.dumps(row).encode())
    return found.hexdigest()


def times(path):
    """Size and time."""
    found = os.stat(path)
    return f"{found.st_size}-{found.st_mtime_ns}"


def main():
    way, databases, drive, state = sys.argv[1:]
    seen = {"digests": digest, "times": times}[way]
    folders = {}
    for entry in os.scandir(drive):
        if entry.is_dir() and "_" in entry.name:
            folders.setdefault(entry.name.rsplit("_", 1)[1], []).append(entry.name)
    before = {}
    if os.path.exists(state):
        with open(state, encoding="utf-8") as file:
            before = json.load(file)
    now, changed = {}, 0
    for entry in sorted(os.scandir(databases), key=lambda entry: entry.name):
        if not entry.name.endswith(".csv"):
            continue
        with open(entry.path[:-4] + ".json", encoding="utf-8") as file:
            ident = json.load(file)["id"]
        (folder,) = folders[ident]
        now[ident] = [seen(entry.path), seen(os.path.join(drive, folder, folder + ".csv"))]
        changed += before.get(ident) != now[ident]
    with open(state, "w", encoding="utf-8") as file:
        json.dump(now, file)
    print(json.dumps({"databases": len(now), "changed": changed}))


main()
