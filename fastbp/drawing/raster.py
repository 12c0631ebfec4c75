"""Images of coloured cells as PNG files inside SVG, without a library.

Their colours are one hue with a share of it, 0 being the ground that shows through: one image so
fits a light page and a dark one. Nothing is compressed, so that every machine makes the same bytes.
"""

import base64
import struct
import zlib
from collections.abc import Sequence

from fastbp.drawing.markup import Markup, tag, text

#: Red, green, blue and opacity, 0 to 255 each.
Colour = tuple[int, int, int, int]

#: Hues that stay apart for colour-blind readers, on light and on dark ground (Okabe and Ito 2008;
#: the blue is lighter, or it would be lost in the dark).
HUES = (
    (46, 128, 201),
    (217, 95, 2),
    (0, 158, 115),
    (204, 121, 167),
    (196, 142, 0),
    (86, 180, 233),
    (166, 124, 82),
    (140, 140, 140),
)
POSITIVE, NEGATIVE = HUES[:2]
#: Steps of a sign's colour; `ZERO` is the ground.
STEPS = 127
ZERO = STEPS
#: Opacity is |share| to this power: below 1, so that small numbers are seen on a dark ground too.
SIGNED_POWER = 0.75
_LARGEST_BLOCK = 65_535  # bytes, of a deflate block that is stored as it is


def signed_palette() -> list[Colour]:
    """The colours of -STEPS, ..., 0, ..., STEPS: orange, the ground, blue."""
    return [
        (
            *(NEGATIVE if i < ZERO else POSITIVE),
            round(255 * (abs(i - ZERO) / STEPS) ** SIGNED_POWER),
        )
        for i in range(2 * STEPS + 1)
    ]


def png(width: int, height: int, indices: bytes, palette: Sequence[Colour]) -> bytes:
    r"""Make a PNG file of cells, row by row from the top.

    Parameters
    ----------
    width, height : int
        In cells.
    indices : bytes
        The place of each cell's colour in the palette, width * height of them.
    palette : sequence of Colour
        At most 256.

    Examples
    --------
    >>> png(1, 1, b"\0", [(255, 0, 0, 255)])[1:4]
    b'PNG'
    """
    # A byte before each row names its filter: 0, none.
    rows = b"".join(b"\0" + indices[i : i + width] for i in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = b"".join(bytes(colour[:3]) for colour in palette)
    opacities = bytes(colour[3] for colour in palette)
    parts = (
        (b"IHDR", header),
        (b"PLTE", colours),
        (b"tRNS", opacities),
        (b"IDAT", _stored(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _stored(data: bytes) -> bytes:
    """A zlib stream of blocks that are stored: versions of zlib compress differently."""
    blocks = [data[i : i + _LARGEST_BLOCK] for i in range(0, len(data), _LARGEST_BLOCK)] or [b""]
    return (
        b"\x78\x01"
        + b"".join(
            struct.pack("<BHH", i == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) + block
            for i, block in enumerate(blocks)
        )
        + struct.pack(">I", zlib.adler32(data))
    )


def image(left: float, top: float, width: float, height: float, file: bytes, name: str) -> Markup:
    """Show a PNG file in an SVG picture, with sharp cells and a tooltip."""
    encoded = base64.b64encode(file).decode("ascii")
    shown = tag(
        "image",
        x=left,
        y=top,
        width=width,
        height=height,
        href=f"data:image/png;base64,{encoded}",
        preserveAspectRatio="none",
        style="image-rendering: pixelated",
    )
    return tag("g", tag("title", text(name)), shown)
