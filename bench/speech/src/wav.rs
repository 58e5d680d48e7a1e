//! Reads the one kind of WAV file that the samples are kept in: 16 kHz, mono, 16 bit.

/// The samples, between -1 and 1.
pub(crate) fn samples(file: &[u8]) -> Result<Vec<f32>, &'static str> {
    let mut rest = file.get(12..).ok_or("no RIFF header")?;
    let mut format = None;
    while let Some((header, body)) = rest.split_first_chunk::<8>() {
        let (name, length) = header.split_at(4);
        let length = u32::from_le_bytes(length.try_into().unwrap_or_default()) as usize;
        let chunk = &body[..length.min(body.len())];
        match name {
            b"fmt " => format = chunk.get(2..16),
            b"data" if format.is_some_and(is_ours) => return Ok(widened(chunk)),
            b"data" => return Err("not 16 kHz, mono, 16 bit"),
            _ => {}
        }
        rest = body.get(length + length % 2..).unwrap_or_default();
    }
    Err("no samples")
}

/// Channels, rate and bits of a format chunk, behind its tag.
fn is_ours(format: &[u8]) -> bool {
    format[..2] == [1, 0] && format[2..6] == 16_000_u32.to_le_bytes() && format[12..14] == [16, 0]
}

fn widened(bytes: &[u8]) -> Vec<f32> {
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0)
        .collect()
}
