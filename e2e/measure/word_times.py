"""Writes the words of a recording with the seconds at which each ends."""

import json
import sys

from faster_whisper import WhisperModel


def main(model, recording, out):
    whisper = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=1)
    segments, _ = whisper.transcribe(recording, word_timestamps=True, beam_size=5)
    words = [{"word": w.word.strip(), "end": round(w.end, 3)} for s in segments for w in s.words]
    with open(out, "w") as file:
        json.dump(words, file)


main(*sys.argv[1:])
