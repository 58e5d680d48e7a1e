//! The dependency descriptor of AV1 and VP9 SVC, passed through as it came.

use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};

/// AV1 RTP specification, appendix A.
const URI: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// The one-byte header form holds at most that many bytes (RFC 8285 section 4.2).
const ONE_BYTE_FORM_BYTES_MAX: usize = 16;

/// The descriptor's bytes on their way from publisher to subscriber.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor(Vec<u8>);

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
