# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""PNG files as programs that draw write them: 8 bits a channel, RGB or RGBA, not interlaced (PNG specification, 3rd edition)."""
import struct
import zlib

CHANNELS = {2: 3, 6: 4} # by colour type


def chunks(data):
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind, data[at + 8:at + 8 + length]
        at += length + 12


def paeth(left, above, corner):
    guess = left + above - corner
    return min((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))[2]


def unfilter(kind, line, above, channels):
    """Section 9.2: each byte is the difference from a guess by its neighbours."""
    for i in range(len(line)):
        left, corner = (line[i - channels], above[i - channels]) if i >= channels else (0, 0)
        guess = (0, left, above[i], (left + above[i]) // 2, 0)[kind] if kind < 4 else paeth(left, above[i], corner)
        line[i] = (line[i] + guess) & 255
    return line


def decode(data):
    """Width, height, channels, and the rows as bytes."""
    packed = b""
    for kind, body in chunks(data):
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
    if depth != 8 or colour not in CHANNELS or interlaced:
        raise ValueError(f"a PNG file with {depth} bits, colour type {colour}, interlace method {interlaced}")
    channels, raw = CHANNELS[colour], zlib.decompress(packed)
    stride, rows, above = width * channels, [], bytes(width * channels)
    for y in range(height):
        at = y * (stride + 1)
        above = unfilter(raw[at], bytearray(raw[at + 1:at + 1 + stride]), above, channels)
        rows.append(above)
    return width, height, channels, rows


def tiles(data, size):
    """Width, height, and the mean red, green and blue of each square of `size` pixels, row by row; what is over is left out."""
    width, height, channels, rows = decode(data)
    means = []
    for y in range(0, height - size + 1, size):
        for x in range(0, width - size + 1, size):
            means.append([sum(sum(row[x * channels + colour:(x + size) * channels:channels]) for row in rows[y:y + size])
                          / size ** 2 for colour in range(3)])
    return width, height, means
