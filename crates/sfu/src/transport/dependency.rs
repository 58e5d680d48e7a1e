//! The dependency descriptor of AV1 and VP9 SVC on its way through, with another frame number where
//! the subscriber's go on from another stream.

use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};
use visio_rtc::packet::dependency;

/// AV1 RTP specification, appendix A.
const URI: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// The one-byte header form holds at most that many bytes (RFC 8285 section 4.2).
const ONE_BYTE_FORM_BYTES_MAX: usize = 16;

/// The descriptor's bytes on their way from publisher to subscriber.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor(pub(crate) Vec<u8>);

impl Descriptor {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The descriptor with another frame number; `None` if it has that already.
    pub(super) fn renumbered(&self, number: u16) -> Option<Self> {
        if dependency::frame_number(&self.0) == Some(number) {
            return None;
        }
        let mut bytes = self.0.clone();
        dependency::set_frame_number(&mut bytes, number);
        Some(Self(bytes))
    }
}

#[derive(Debug)]
struct PassThrough;

/// The extension to register with a transport.
pub(crate) fn extension() -> Extension {
    Extension::with_serializer(URI, PassThrough)
}

impl ExtensionSerializer for PassThrough {
    fn write_to(&self, buffer: &mut [u8], values: &ExtensionValues) -> usize {
        let Some(Descriptor(bytes)) = values.user_values.get() else {
            return 0;
        };
        let Some(target) = buffer.get_mut(..bytes.len()) else {
            return 0;
        };
        target.copy_from_slice(bytes);
        bytes.len()
    }

    fn parse_value(&self, bytes: &[u8], values: &mut ExtensionValues) -> bool {
        values.user_values.set(Descriptor(bytes.to_vec()));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        let descriptor = values.user_values.get::<Descriptor>();
        descriptor.is_none_or(|Descriptor(bytes)| bytes.len() > ONE_BYTE_FORM_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_number_makes_another_descriptor() {
        let descriptor = Descriptor(vec![0x80, 0x12, 0x34]);
        assert!(descriptor.renumbered(0x1234).is_none());
        let other = descriptor.renumbered(0x1235).unwrap();
        assert_eq!(other.bytes(), [0x80, 0x12, 0x35]);
    }
}
