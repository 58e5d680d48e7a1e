//! Prints one line of JSON for each recording: what was heard and what it cost.
//!
//! `visio-bench-speech MODEL [--live] LANGUAGE|auto FILE.wav…`, or with `--share` one line for all: two
//! people say them in turns, alone and beside a room of ninety-six microphones.

mod listen;
mod share;
mod wav;

use serde_json::json;
use std::io::Write as _;
use std::time::Instant;
use visio_speech::Language;
use visio_speech::engine::{Kind, Model, load};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let live = arguments.iter().any(|argument| argument == "--live");
    let share = arguments.iter().any(|argument| argument == "--share");
    arguments.retain(|argument| !argument.starts_with("--"));
    let [model, language, files @ ..] = arguments.as_slice() else {
        return Err(
            "usage: visio-bench-speech MODEL [--live|--share] LANGUAGE|auto FILE.wav…".into(),
        );
    };
    let model = load(Kind::Whisper, &std::fs::read(model)?)?;
    if share {
        let recordings = files.iter().map(|file| recording(file));
        let recordings = recordings.collect::<Result<Vec<_>, Failure>>()?;
        let measured = share::measure(&model, &recordings, Language::parse(language))?;
        writeln!(std::io::stdout(), "{measured:#}")?;
        let failed = "the quiet meeting pays for the loud one";
        return if measured["passed"] == true {
            Ok(())
        } else {
            Err(failed.into())
        };
    }
    for file in files {
        writeln!(
            std::io::stdout(),
            "{}",
            measure(&*model, Language::parse(language), live, file)?
        )?;
    }
    Ok(())
}

fn recording(file: &str) -> Result<Vec<f32>, Failure> {
    let samples = wav::samples(&std::fs::read(file)?);
    Ok(samples.map_err(|error| format!("{file}: {error}"))?)
}

fn measure(
    model: &dyn Model,
    language: Option<Language>,
    live: bool,
    file: &str,
) -> Result<serde_json::Value, Failure> {
    let samples = recording(file)?;
    let start = Instant::now();
    let heard = listen::listen(&samples, language, live, &mut *model.recogniser()?, start)?;
    let lines = || heard.shown.iter().map(|(_, line)| line);
    let finals = lines().filter(|line| line.is_final);
    let text: Vec<&str> = finals.map(|line| line.text.as_str()).collect();
    Ok(json!({
        "file": file,
        "text": text.join(" "),
        "lines": text.len(),
        "shown": heard.shown.iter().map(|(at, line)| json!({
            "at_s": at.as_secs_f64(),
            "line": line.utterance,
            "text": line.text,
            "certain_chars": line.certain_chars,
            "final": line.is_final,
        })).collect::<Vec<_>>(),
        "languages": lines().map(|line| line.language.code()).collect::<Vec<_>>(),
        "audio_s": samples.len() as f64 / 16_000.0,
        "finals_cpu_s": heard.finals_cpu.as_secs_f64(),
        "live_cpu_s": heard.live_cpu.as_secs_f64(),
        "live_passes": heard.live_passes,
        "other_cpu_s": heard.other_cpu.as_secs_f64(),
    }))
}
