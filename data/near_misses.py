"""Name what a file is that was taken for data, and what to do about it."""

import zlib
from pathlib import Path

from data.gunzip import MAGIC as GZIP
from trainpad.files import read_plain

HEAD = 1024
"""How many bytes of a file `name_near_miss` wants."""

ZIP = b"PK\x03\x04"
"""The first bytes of a zip archive, as an ``.npz`` file is one."""
_SIGNATURES = {
    b"version https://git-lfs": "a Git LFS pointer; `git lfs pull` fetches the file itself",
    ZIP: "a zip archive; unzip it",
    b"\xfd7zXZ\0": "an xz file; unpack it with `xz -d`",
    b"BZh": "a bzip2 file; unpack it with `bzip2 -d`",
    b"\x28\xb5\x2f\xfd": "a zstd file; unpack it with `zstd -d`",
    b"7z\xbc\xaf\x27\x1c": "a 7-zip archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF document; save its page as PNG",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet file; convert it to four IDX files or an .npz file",
    b"\x93NUMPY": "a NumPy array; save x_train, y_train, x_test and y_test with numpy.savez",
    b"\x80": "a pickle, which could run any code and is not read",
}
_PHOTOS = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc")
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
_GZIP_WINDOW = 31


def name_near_miss(head: bytes) -> str:
    """What these first bytes of a file are, and what to do; empty where that is not known."""
    if not head:
        return "an empty file; fetch it again"
    if head.startswith(GZIP):
        return _packed(head)
    for signature, name in _SIGNATURES.items():
        if head.startswith(signature):
            return name
    if head[4:12] in _PHOTOS:
        return "a HEIC photograph; save it as JPEG or PNG"
    return _text(head.lstrip(b"\xef\xbb\xbf \t\r\n"), whole=len(head) < HEAD)


def path_head(path: Path) -> bytes:
    """The first bytes of a file; empty if it cannot be read."""
    try:
        return read_plain(path, HEAD)
    except OSError:
        return b""


def _packed(head: bytes) -> str:
    try:
        inside = zlib.decompressobj(_GZIP_WINDOW).decompress(head, HEAD)
    except zlib.error:
        return "damaged gzip data; fetch it again"
    if inside[257:262] == b"ustar":
        return "a tar archive; unpack it with `tar -xf`"
    what = name_near_miss(inside) if inside and not inside.startswith(GZIP) else ""
    if inside.startswith(GZIP):
        what = "another gzip file; unpack it once with `gunzip`"
    return f"a gzip file that holds {what}" if what else ""


def _text(text: bytes, *, whole: bool) -> str:
    start = text.lower()
    if start.startswith(_PAGES) or (start.startswith(b"<?xml") and b"<html" in start):
        return "a web page, sent in place of the file; download the file itself"
    if b"<svg" in start:
        return "an SVG drawing; save it as PNG"
    if start.startswith((b"<?xml", b"<error")):
        return "an XML answer of a server, sent in place of the file; fetch the file again"
    if start.startswith((b"{", b"[")):
        return "JSON text"
    return _plain_text(text, whole=whole)


def _plain_text(text: bytes, *, whole: bool) -> str:
    try:
        first = text.decode() if whole else text.rpartition(b"\n")[0].decode()
    except UnicodeDecodeError:
        return ""
    line = first.partition("\n")[0].strip()
    if not line or not all(c.isprintable() or c in "\t\r\n" for c in first):
        return ""
    if line.count(",") >= 2:  # a label and pixels
        return "a table (CSV); save it as four IDX files, or as an .npz file"
    return f"text ({line[:40]!r})"
