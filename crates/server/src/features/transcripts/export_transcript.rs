//! `GET /api/v1/transcripts/{transcript}/export`: a transcript as a file to keep.

use super::Transcripts;
use super::stored_transcript::StoredTranscript;
use crate::clock;
use crate::http::address::ClientAddress;
use crate::http::bearer::Bearer;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::typed_code::TypedCode;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::fmt::Write as _;
use utoipa::ToSchema;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Export {
    // Written out in place: a reference from a query parameter brings no schema along.
    #[param(inline)]
    format: Format,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// Subtitles (WebVTT) to play beside a recording.
    Vtt,
    /// Text to read and edit.
    Markdown,
}

/// Downloads a transcript.
#[utoipa::path(get, path = "/api/v1/transcripts/{transcript}/export", tag = "transcripts",
    params(("transcript" = String, Path, description = "The reader's own code"), Export),
    responses(
        (status = 200, content((String = "text/vtt"), (String = "text/markdown"))),
        (status = 403, body = ErrorBody, description = "The meeting goes on and you are not in it"),
        (status = 404, body = ErrorBody, description = "Unknown and malformed codes alike"),
        (status = 422, body = ErrorBody, description = "There is no such format"),
        (status = 429, body = ErrorBody),
    ))]
pub(crate) async fn export_transcript(
    State(transcripts): State<Transcripts>,
    ClientAddress(address): ClientAddress,
    TypedCode(typed): TypedCode,
    bearer: Bearer,
    export: Result<Query<Export>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(export) = export.map_err(|_| ApiError::format_refused())?;
    let transcript = transcripts.stored(address, &typed, &bearer, 0).await?;
    let (kind, ending, text) = match export.format {
        Format::Vtt => ("text/vtt; charset=utf-8", "vtt", vtt(&transcript)),
        Format::Markdown => ("text/markdown; charset=utf-8", "md", markdown(&transcript)),
    };
    // The name holds a time only: what people typed does not belong into a header.
    let (day, time) = started(&transcript);
    let time = time.replace(':', "");
    let disposition = format!("attachment; filename=\"transcript-{day}-{time}.{ending}\"");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, &disposition),
    ];
    Ok((headers, text).into_response())
}

/// WebVTT with a voice span per line (W3C, section 4.2.2).
fn vtt(transcript: &StoredTranscript) -> String {
    let mut text = "WEBVTT\n".to_owned();
    for line in &transcript.lines {
        let at = |ms: i64| timestamp(ms - transcript.meeting.started_at_ms);
        let _ = write!(
            text,
            "\n{} --> {}\n<v {}>{}\n",
            at(line.started_at_ms),
            at(line.ended_at_ms.max(line.started_at_ms + 1)),
            escaped_vtt(&line.name),
            escaped_vtt(&line.text)
        );
    }
    text
}

/// Markdown: a paragraph for each turn, however many lines it had.
fn markdown(transcript: &StoredTranscript) -> String {
    let title = if transcript.room_name.is_empty() {
        "Transcript"
    } else {
        &transcript.room_name
    };
    let (day, time) = started(transcript);
    let mut text = format!("# {}\n\n{day}, {time} UTC\n", escaped_markdown(title));
    let mut speaking = None;
    for line in &transcript.lines {
        if speaking != Some(&line.identity) {
            let at = timestamp(line.started_at_ms - transcript.meeting.started_at_ms);
            let at = at.split('.').next().unwrap_or_default();
            let _ = write!(text, "\n**{}** ({at})\n", escaped_markdown(&line.name));
            speaking = Some(&line.identity);
        }
        let _ = writeln!(text, "{}", escaped_markdown(&line.text));
    }
    text
}

/// Day and minute when the meeting began, in UTC: the server does not know where its readers are.
fn started(transcript: &StoredTranscript) -> (String, String) {
    let stamp = clock::rfc3339(transcript.meeting.started_at_ms);
    let (day, time) = stamp.split_once('T').unwrap_or((&stamp, ""));
    (day.to_owned(), time.chars().take("12:34".len()).collect())
}

fn timestamp(ms: i64) -> String {
    let ms = ms.max(0);
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{:03}", ms % 1000)
}

/// A cue ends at an empty line and must not hold an arrow; markup is text here.
fn escaped_vtt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn escaped_markdown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let escaped = |c: char| match c {
        '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' => format!("\\{c}"),
        c => c.to_string(),
    };
    line.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::Server;

    #[tokio::test]
    async fn bob_downloads_subtitles() {
        let server = Server::start().await;
        let transcript = server.held_meeting().await;
        let path = format!("/api/v1/transcripts/{transcript}/export?format=vtt");
        let file = server.get(&path).await;
        assert_eq!(file.header("content-type"), Some("text/vtt; charset=utf-8"));
        let disposition = file.header("content-disposition").unwrap();
        assert!(
            disposition.starts_with("attachment; filename=\"transcript-20"),
            "{disposition}"
        );
        insta::assert_snapshot!(file.text, @r#"
        WEBVTT

        00:00:01.000 --> 00:00:02.500
        <v Alice>Good morning, Bob.

        00:00:03.000 --> 00:00:04.500
        <v Alice>Is 1 &lt; 2 &amp; true?

        00:01:05.250 --> 00:01:06.750
        <v Bob>It is.
        "#);
    }

    #[tokio::test]
    async fn bob_downloads_transcript() {
        let server = Server::start().await;
        let transcript = server.held_meeting().await;
        let path = format!("/api/v1/transcripts/{transcript}/export?format=markdown");
        let file = server.get(&path).await;
        assert_eq!(
            file.header("content-type"),
            Some("text/markdown; charset=utf-8")
        );
        insta::assert_snapshot!(file.text, @r#"
        # Team \*A\*

        2026-11-01, 00:00 UTC

        **Alice** (00:00:01)
        Good morning, Bob.
        Is 1 \< 2 & true?

        **Bob** (00:01:05)
        It is.
        "#);
    }

    #[tokio::test]
    async fn a_format_that_is_none_is_refused() {
        let server = Server::start().await;
        let transcript = server.held_meeting().await;
        for query in ["", "?format=exe", "?format=vtt&format=markdown"] {
            let path = format!("/api/v1/transcripts/{transcript}/export{query}");
            let refused = server.get(&path).await;
            assert_eq!(
                (refused.status, refused.error_code()),
                (422, "format_refused"),
                "{query}"
            );
        }
    }

    #[test]
    fn cve_15_what_eve_says_is_text_in_every_format() {
        let said = "<script>alert(1)</script>\n\n00:00 --> 00:01 [x](javascript:y) *b*";
        assert!(!escaped_vtt(said).contains(['<', '>', '\n']));
        assert!(escaped_markdown(said).starts_with("\\<script\\>"));
        assert!(escaped_markdown(said).contains("\\[x\\](javascript:y) \\*b\\*"));
    }

    #[test]
    fn times_are_those_of_subtitles() {
        assert_eq!(timestamp(0), "00:00:00.000");
        assert_eq!(timestamp(3_725_004), "01:02:05.004");
        assert_eq!(timestamp(-5), "00:00:00.000");
    }
}
