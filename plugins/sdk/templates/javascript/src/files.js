// Files of granted folders. A path begins with the `path` of an entry of `task.mounts`.

import { getDirectories } from "wasi:filesystem/preopens@0.2.0";

/** The bytes of one read. */
const PIECE = 65536n;

/** The bytes of a file. */
export function readFile(path) {
  const file = open(path, {}, { read: true });
  const pieces = [];
  let size = 0;
  for (let ended = false; !ended; ) {
    const [piece, end] = file.read(PIECE, BigInt(size));
    pieces.push(piece);
    size += piece.length;
    ended = end || piece.length === 0;
  }
  const bytes = new Uint8Array(size);
  pieces.reduce((at, piece) => (bytes.set(piece, at), at + piece.length), 0);
  return bytes;
}

/** The text of a file in UTF-8. */
export function readText(path) {
  return new TextDecoder().decode(readFile(path));
}

/** Makes or replaces a file; `content` is text or bytes. The folder must be granted for writing. */
export function writeFile(path, content) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const file = open(path, { create: true, truncate: true }, { write: true });
  for (let at = 0; at < bytes.length; ) {
    at += Number(file.write(bytes.subarray(at), BigInt(at)));
  }
}

/** The names in a folder, sorted; those of folders end with a slash. */
export function list(path) {
  const entries = open(path, { directory: true }, { read: true }).readDirectory();
  const names = [];
  for (let entry; (entry = entries.readDirectoryEntry()) !== undefined; ) {
    names.push(entry.type === "directory" ? `${entry.name}/` : entry.name);
  }
  return names.sort();
}

function open(path, openFlags, rights) {
  const [directory, below] = mounted(path);
  try {
    return directory.openAt({ symlinkFollow: true }, below, openFlags, rights);
  } catch (error) {
    throw new Error(`${path}: ${error.payload ?? error}`);
  }
}

function mounted(path) {
  for (const [directory, place] of getDirectories()) {
    if (path === place) return [directory, "."];
    if (path.startsWith(`${place}/`)) return [directory, path.slice(place.length + 1)];
  }
  throw new Error(`${path} is not in a granted folder`);
}
