"""Small pictures, and PNG and TIFF files of 8 to 32 bits in and out, without any package."""

import random
import struct
import zlib


class Picture:
    """Samples are whole numbers up to 255 or 65535 (or floats), row by row, channels interleaved."""

    def __init__(self, width, height, channels, depth, samples, chunks=None):
        self.width, self.height, self.channels, self.depth = width, height, channels, depth
        self.samples = samples
        self.chunks = chunks or {}

    @property
    def size(self):
        return self.width, self.height

    def channel(self, index):
        return self.samples[index :: self.channels]

    @property
    def alpha(self):
        return self.channel(self.channels - 1)

    @property
    def colour(self):
        """Without alpha."""
        colours = self.channels - 1 + self.channels % 2
        return [s for i, s in enumerate(self.samples) if i % self.channels < colours]

    def pixel(self, x, y):
        start = (y * self.width + x) * self.channels
        return tuple(self.samples[start : start + self.channels])

    def crop(self, x, y, width, height):
        rows = (self.samples[((y + row) * self.width + x) * self.channels :][: width * self.channels] for row in range(height))
        return Picture(width, height, self.channels, self.depth, [s for row in rows for s in row])


def noisy(width, height, channels=3, depth=8, seed=1, low=0.35, high=0.95):
    """A smooth picture with noise; with 2 or 4 channels its alpha has all values, 0 and the maximum among them."""
    draw = random.Random(seed)
    maximum = (1 << depth) - 1
    colours = channels - 1 + channels % 2
    samples = []
    for y in range(height):
        for x in range(width):
            for c in range(colours):
                smooth = 0.5 + 0.35 * ((x * (c + 1)) / width - y / height)
                value = min(max(smooth + draw.gauss(0, 0.06), 0), 1)
                samples.append(round((low + (high - low) * value) * maximum))
            if channels % 2 == 0:
                samples.append(min(maximum, max(0, round((x - width * 0.1) / (width * 0.6) * maximum))))
    return Picture(width, height, channels, depth, samples)


def hole_mask(picture, x, y, width, height):
    """As the command line wants it: white is kept, black is filled."""
    inside = lambda at: x <= at % picture.width < x + width and y <= at // picture.width < y + height
    samples = [0 if inside(at) else 255 for at in range(picture.width * picture.height)]
    return Picture(picture.width, picture.height, 1, 8, samples)


PNG_COLOUR = {1: 0, 2: 4, 3: 2, 4: 6}


def write_png(path, picture, profile=None, pixels_a_metre=None):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    letter = "B" if picture.depth == 8 else "H"
    row_samples = picture.width * picture.channels
    rows = b"".join(
        b"\0" + struct.pack(">%d%s" % (row_samples, letter), *picture.samples[start : start + row_samples])
        for start in range(0, len(picture.samples), row_samples)
    )
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", picture.width, picture.height, picture.depth, PNG_COLOUR[picture.channels], 0, 0, 0))]
    if profile:
        parts.append(chunk(b"iCCP", b"profile\0\0" + zlib.compress(profile)))
    if pixels_a_metre:
        parts.append(chunk(b"pHYs", struct.pack(">IIB", *pixels_a_metre, 1)))
    parts += [chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return path


def read_png(path):
    data = path.read_bytes()
    at, body, chunks = 8, b"", {}
    while at < len(data):
        (length,), name = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        content = data[at + 8 : at + 8 + length]
        at += 12 + length
        if name == b"IDAT":
            body += content
        else:
            chunks[name.decode()] = content
    width, height, depth, colour = struct.unpack(">IIBB", chunks["IHDR"][:10])
    channels = {kind: count for count, kind in PNG_COLOUR.items()}[colour]
    pixel = channels * depth // 8
    rows = unfilter(zlib.decompress(body), width * pixel, height, pixel)
    letter = "B" if depth == 8 else "H"
    samples = list(struct.unpack(">%d%s" % (width * height * channels, letter), rows))
    return Picture(width, height, channels, depth, samples, chunks)


def unfilter(data, stride, height, pixel):
    rows, above = [], bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + stride])
        for x in range(stride):
            left = row[x - pixel] if x >= pixel else 0
            corner = above[x - pixel] if x >= pixel else 0
            row[x] = (row[x] + (0, left, above[x], (left + above[x]) // 2, paeth(left, above[x], corner))[kind]) & 255
        rows.append(bytes(row))
        above = row
    return b"".join(rows)


def paeth(left, above, corner):
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def profile_in(png):
    """The ICC profile of a read PNG; None if it has none."""
    content = png.chunks.get("iCCP")
    return zlib.decompress(content.split(b"\0", 1)[1][1:]) if content else None


def write_float_tiff(path, picture):
    """RGB floats in one strip."""
    body = struct.pack("<%df" % len(picture.samples), *picture.samples)
    entries = [(256, 4, 1, picture.width), (257, 4, 1, picture.height), (258, 3, 3, None), (259, 3, 1, 1), (262, 3, 1, 2)]
    entries += [(273, 4, 1, 8), (277, 3, 1, 3), (278, 4, 1, picture.height), (279, 4, 1, len(body)), (284, 3, 1, 1), (339, 3, 3, None)]
    directory = 8 + len(body)
    triples = directory + 2 + 12 * len(entries) + 4
    extra = struct.pack("<3H3H", 32, 32, 32, 3, 3, 3)
    table = struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        table += struct.pack("<HHII", tag, kind, count, triples + (6 if tag == 339 else 0) if value is None else value)
    path.write_bytes(struct.pack("<2sHI", b"II", 42, directory) + body + table + struct.pack("<I", 0) + extra)
    return path


def read_float_tiff(path):
    """Floats as GIMP and the command line write them, plain or deflated."""
    data = path.read_bytes()
    order = "<" if data[:2] == b"II" else ">"
    (directory,) = struct.unpack(order + "I", data[4:8])
    (count,) = struct.unpack(order + "H", data[directory : directory + 2])
    tags = {}
    for index in range(count):
        entry = data[directory + 2 + 12 * index :][:12]
        tag, kind, values = struct.unpack(order + "HHI", entry[:8])
        letter = {3: "H", 4: "I", 16: "Q"}.get(kind)
        if letter is None:
            continue
        length = struct.calcsize(letter) * values
        place = 8 if length <= 4 else None
        raw = entry[8 : 8 + length] if place else data[struct.unpack(order + "I", entry[8:12])[0] :][:length]
        tags[tag] = struct.unpack("%s%d%s" % (order, values, letter), raw)
    assert tags.get(317, (1,)) == (1,), "the TIFF has a predictor"
    expand = {1: bytes, 8: zlib.decompress, 32946: zlib.decompress}[tags.get(259, (1,))[0]]
    body = b"".join(expand(data[start : start + length]) for start, length in zip(tags[273], tags[279]))
    channels = tags[277][0]
    samples = list(struct.unpack("%s%df" % (order, len(body) // 4), body))
    return Picture(tags[256][0], tags[257][0], channels, 32, samples)


def largest_difference(one, other):
    """Over all samples, on the scale of the deeper picture. GIMP exports no colour where alpha is 0."""
    assert (one.size, one.channels) == (other.size, other.channels), (layout_of(one), layout_of(other))
    deep = max(one.depth, other.depth)
    scale = lambda picture: 257 if picture.depth == 8 and deep == 16 else 1
    is_shown = [True] * (one.width * one.height)
    if one.channels % 2 == 0:
        is_shown = [a > 0 and b > 0 or a != b for a, b in zip(one.alpha, other.alpha)]
    pairs = enumerate(zip(one.samples, other.samples))
    return max(abs(a * scale(one) - b * scale(other)) for i, (a, b) in pairs if is_shown[i // one.channels])


def layout_of(picture):
    return "%dx%d, %d channels of %d bits" % (picture.width, picture.height, picture.channels, picture.depth)
