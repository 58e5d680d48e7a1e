//! The texts of a data packet that receivers use as names: bounded, and cleaned like names.

use super::DataError;
use crate::limits::STREAM_ID_BYTES_MAX;
use crate::text::{TextProblem, check_attributes, check_label, check_name, clean_name};
use crate::wire::data_packet::Value;
use crate::wire::data_stream::header::ContentHeader;
use crate::wire::data_stream::{ByteHeader, Header};

/// Checks them; the name of a file comes back if it is to be replaced by what is visible of it.
pub(super) fn texts(value: &Value) -> Result<Option<String>, DataError> {
    match value {
        Value::User(user) => named(
            "topic",
            check_label(user.topic.as_deref().unwrap_or_default()),
        )?,
        Value::StreamHeader(header) => return stream_header(header),
        Value::StreamChunk(chunk) => stream_id(&chunk.stream_id)?,
        Value::StreamTrailer(trailer) => {
            stream_id(&trailer.stream_id)?;
            named("attributes", check_attributes(&trailer.attributes))?;
        }
        Value::RpcRequest(request) => named("method", check_label(&request.method))?,
        _ => {}
    }
    Ok(None)
}

fn stream_header(header: &Header) -> Result<Option<String>, DataError> {
    stream_id(&header.stream_id)?;
    named("topic", check_label(&header.topic))?;
    named("media type", check_label(&header.mime_type))?;
    named("attributes", check_attributes(&header.attributes))?;
    match &header.content_header {
        Some(ContentHeader::ByteHeader(ByteHeader { name })) => {
            let clean = clean_name(name);
            named("file name", check_name(&clean))?;
            Ok((clean != *name).then_some(clean))
        }
        Some(ContentHeader::TextHeader(_)) | None => Ok(None),
    }
}

fn stream_id(id: &str) -> Result<(), DataError> {
    let checked = if id.len() > STREAM_ID_BYTES_MAX {
        Err(TextProblem::TooLong {
            length: id.len(),
            max: STREAM_ID_BYTES_MAX,
            unit: "bytes",
        })
    } else {
        check_label(id)
    };
    named("stream id", checked)
}

fn named(field: &'static str, checked: Result<(), TextProblem>) -> Result<(), DataError> {
    checked.map_err(|problem| DataError::Text { field, problem })
}
