"""The sound of a video for another one: copied, or as AAC where MP4 cannot hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import av

from .container import UNREADABLE, describe

_IN_MP4 = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})


class Sound:
    """The sound of a file on its way into a container that is being written; a context manager.

    Args:
        path: the video. One without sound, or whose sound cannot be read, adds nothing.
        output: where to.
        origin_seconds: what the file's clock shows at the first displayed frame, the new file's zero.
        say: receives a line where sound is lost.
    """

    def __init__(
        self,
        path: Path,
        output: av.container.OutputContainer,
        origin_seconds: float,
        say: Callable[[str], None],
    ) -> None:
        self._path, self._output, self._origin, self._say = path, output, origin_seconds, say
        self._source: av.container.InputContainer | None = None
        self._stream: Any = None
        self._packets: Iterator[tuple[float, Any]] = iter(())
        self._held: tuple[float, Any] | None = None

    def __enter__(self) -> Sound:
        self._source = av.open(f"file:{self._path}", metadata_errors="replace")
        sound = self._source.streams.best("audio")
        if sound is None or sound.codec_context is None:
            return self
        if sound.codec_context.name.removesuffix("float") in _IN_MP4:  # "mp3float" is a decoder of MP3
            self._stream = self._output.add_stream_from_template(sound)
            self._packets = self._copied(sound)
        else:
            self._stream = self._output.add_stream("aac", rate=sound.codec_context.sample_rate)
            # Bare samples do not say which channel is where. More than two are mixed down to two.
            self._stream.codec_context.layout = "mono" if sound.codec_context.channels == 1 else "stereo"
            self._stream.codec_context.format = "fltp"
            self._packets = self._encoded(sound)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._source is not None:
            self._source.close()

    def write_until(self, seconds: float) -> None:
        """Write what sounds before a moment, seconds since the first displayed frame."""
        while True:
            if self._held is None:
                try:
                    self._held = next(self._packets, None)
                except UNREADABLE as error:
                    self._say(f"the sound cannot be read to its end: {describe(error)}")
                    self._packets = iter(())
                if self._held is None:
                    return
            start, packet = self._held
            if start >= seconds:
                return
            self._held = None
            self._output.mux(packet)

    def _copied(self, sound: Any) -> Iterator[tuple[float, Any]]:
        shift = round(self._origin / sound.time_base)
        for packet in self._source.demux(sound):  # type: ignore[union-attr]
            if packet.pts is None or packet.dts is None:
                continue
            packet.pts -= shift
            packet.dts -= shift
            if packet.pts + (packet.duration or 0) >= 0:  # the one that ends at zero leads the decoder in
                packet.stream = self._stream
                yield float(packet.pts * sound.time_base), packet

    def _encoded(self, sound: Any) -> Iterator[tuple[float, Any]]:
        shift = round(self._origin / sound.time_base)
        for frame in self._source.decode(sound):  # type: ignore[union-attr]
            if frame.pts is None:
                continue
            frame.pts -= shift
            if frame.pts < 0:
                continue
            start = float(frame.pts * sound.time_base)
            yield from ((start, packet) for packet in self._stream.encode(frame))
        yield from ((0.0, packet) for packet in self._stream.encode(None))
