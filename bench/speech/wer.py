"""Word errors of Visio's stored transcript beside faster-whisper's: same weights, same files.

    python3 bench/speech/wer.py SAMPLES MODEL.ggml FASTER_WHISPER_FOLDER VISIO_BENCH_SPEECH

Both sides are given the language, decode greedily and use one thread. Visio's side goes the whole
way of a call: Opus at 32 kb/s, decoder, voice detector, utterances, final passes. Text is compared
in lower case, without accents and punctuation, numbers up to 99 as words.
"""

import json
import re
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

ENGLISH = {
    "jfk": "And so my fellow Americans ask not what your country can do for you ask what you can do "
    "for your country",
    "dots": "Of course it was impossible to connect the dots looking forward when I was in college "
    "but it was very very clear looking backwards ten years later again you can't connect the dots "
    "looking forward you can only connect them looking backwards so you have to trust that the dots "
    "will somehow connect in your future you have to trust in something your gut destiny life karma "
    "whatever because believing that the dots will connect down the road will give you the "
    "confidence to follow your heart even when it leads you off the well worn path and that will "
    "make all the difference",
}
GERMAN = {
    "german": "Am Strand der Badeanzug die Badehose die Sandalen die Luftmatratze das Handtuch das "
    "Eis der Ball die Sonne das Meer die Wellen",
}

# Where the published text of the French prompts is not what is said or is misspelt.
MENDED = {
    "présentemnet": "présentement",
    "vérrouiller": "verrouiller",
    "dévérouiller": "déverrouiller",
    "vérouiller": "verrouiller",
    "verouillée": "verrouillée",
    "démontration": "démonstration",
    "déboguage": "débogage",
    "connection": "connexion",
    "ce tte": "cette",
    "etes": "êtes",
    "et et": "et",
    "Felicitation": "Félicitations",
    "abregée": "abrégée",
    "conctact": "contacte",
}

# Prompts that are sung, noises, or whose sound says something else than their text.
FRENCH_PROMPTS_MAX = 60
FRENCH_WORDS_MIN = 8


def main(samples, model, faster_whisper, ours):
    samples = Path(samples)
    sets = {
        "en": {samples / f"{name}.wav": text for name, text in ENGLISH.items()},
        "de": {samples / f"{name}.wav": text for name, text in GERMAN.items()},
        "fr": french(samples),
    }
    sets["en"][samples / "sample.wav"] = conversation(samples / "sample.stm")
    total = {"visio": [0, 0], "faster-whisper": [0, 0]}
    print(f"{'set':8}{'words':>7}{'audio s':>9}" + "".join(f"{n + ' WER':>20}{'RTF':>7}" for n in total))
    peer = Peer(faster_whisper)
    for language, references in sets.items():
        row(language, references, {"visio": visio(ours, model, language, references),
                                   "faster-whisper": peer.hear(language, references)}, total)
    rates = {name: 100 * errors / words for name, (errors, words) in total.items()}
    print("overall " + ", ".join(f"{name} {rate:.2f} %" for name, rate in rates.items()))
    points = rates["visio"] - rates["faster-whisper"]
    print(f"visio is {points:+.2f} points from faster-whisper (at most +2 is asked for)")
    sys.exit(points > 2)


def row(language, references, heard, total):
    words = sum(len(normalised(text, language)) for text in references.values())
    seconds = next(iter(heard.values()))["audio_s"]
    line = f"{language:8}{words:7}{seconds:9.1f}"
    for name, result in heard.items():
        errors = 0
        for path, text in references.items():
            spoken, written = normalised(text, language), normalised(result["texts"][path], language)
            wrong = distance(spoken, written)
            errors += wrong
            if "-v" in sys.argv:
                print(f"# {wrong:3} {name:15}{path.stem}: {' '.join(written)}\n#  of {' '.join(spoken)}")
        total[name][0] += errors
        total[name][1] += words
        line += f"{100 * errors / words:18.2f} %{result['cpu_s'] / seconds:7.3f}"
    print(line, flush=True)


def visio(ours, model, language, references):
    command = [ours, model, language, *map(str, references)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    results = [json.loads(line) for line in lines]
    return {
        "texts": {Path(result["file"]): result["text"] for result in results},
        "cpu_s": sum(result["finals_cpu_s"] + result["other_cpu_s"] for result in results),
        "audio_s": sum(result["audio_s"] for result in results),
    }


class Peer:
    """faster-whisper with the weights that Visio's model was converted from."""

    def __init__(self, folder):
        from faster_whisper import WhisperModel

        self.model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=1)

    def hear(self, language, references):
        texts, before = {}, time.process_time()
        for path in references:
            segments, _ = self.model.transcribe(str(path), language=language, beam_size=1)
            texts[path] = " ".join(segment.text for segment in segments)
        return {"texts": texts, "cpu_s": time.process_time() - before}


def french(samples):
    references = {}
    for line in (samples / "fr.txt").read_text("utf-8").splitlines():
        name, _, text = line.partition(":")
        path = samples / "fr" / f"{name.replace('/', '-')}.wav"
        if len(text.split()) >= FRENCH_WORDS_MIN and path.exists() and not re.search(r"\d", text):
            for wrong, right in MENDED.items():
                text = text.replace(wrong, right)
            references[path] = text
    return dict(sorted(references.items())[:FRENCH_PROMPTS_MAX])


def conversation(stm):
    return " ".join(line.split(maxsplit=5)[5] for line in stm.read_text().splitlines())


ONES = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "fr": "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
    "seize dix-sept dix-huit dix-neuf",
}


def normalised(text, language):
    text = unicodedata.normalize("NFD", text.lower())
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"[’']", "'", text).replace("'", " " if language == "fr" else "")
    text = re.sub(r"[^\w ]", " ", text)
    ones = ONES[language].split()
    return [ones[int(word)] if word.isdigit() and int(word) < len(ones) else word for word in text.split()]


def distance(spoken, written):
    """Words to change, add or take away (Levenshtein)."""
    before = list(range(len(written) + 1))
    for at, word in enumerate(spoken, 1):
        now = [at]
        for other, heard in enumerate(written, 1):
            now.append(min(before[other] + 1, now[-1] + 1, before[other - 1] + (word != heard)))
        before = now
    return before[-1]


if __name__ == "__main__":
    main(*[argument for argument in sys.argv[1:] if argument != "-v"])
