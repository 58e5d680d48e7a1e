//! DTLS whose keys stay with us: str0m makes the handshake, and is given a key of zeros and a cipher
//! that changes nothing. So it neither seals nor opens what the real keys are for.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, KeyingMaterial,
    ProtocolVersion, SrtpProfile,
};
use str0m::crypto::{
    AeadAes128GcmCipher, CryptoError, CryptoProvider, SrtpProvider, SupportedAeadAes128Gcm,
    SupportedAeadAes256Gcm, SupportedAes128CmSha1_80, from_feature_flags,
};
use visio_rtc::srtp::{MasterKey, Profile};

/// What str0m is told to have negotiated, whose tag takes so many octets.
const TOLD_PROFILE: SrtpProfile = SrtpProfile::AEAD_AES_128_GCM;
const TOLD_TAG_BYTES: usize = 16;
const TOLD_MATERIAL: [u8; 56] = [0; 56];

/// The keys of one connection, once its handshake is complete.
pub(super) struct Keys {
    pub(super) sending: MasterKey,
    pub(super) receiving: MasterKey,
}

/// Where the keys of a connection will be.
pub(super) type Exported = Arc<OnceLock<Keys>>;

thread_local! {
    /// For the DTLS instance that is made next: its maker takes no argument of ours.
    static NEXT: RefCell<Option<Exported>> = const { RefCell::new(None) };
}

/// Cryptography for str0m, with DTLS that keeps the keys.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        dtls_provider: &KeepingDtls,
        srtp_provider: &ClearSrtp,
        ..from_feature_flags()
    }
}

/// Runs `build`, which makes one DTLS instance; what that exports will be in the result.
pub(super) fn exporting<T>(build: impl FnOnce() -> T) -> (T, Exported) {
    let exported = Exported::default();
    NEXT.set(Some(Arc::clone(&exported)));
    let built = build();
    NEXT.set(None);
    (built, exported)
}

#[derive(Debug)]
struct KeepingDtls;

impl DtlsProvider for KeepingDtls {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let provider = from_feature_flags().dtls_provider;
        let inner = provider.new_dtls(certificate, now, version, mtu)?;
        let exported = NEXT.take().unwrap_or_default();
        Ok(Box::new(KeepingInstance { inner, exported }))
    }
}

struct KeepingInstance {
    inner: Box<dyn DtlsInstance>,
    exported: Exported,
}

impl fmt::Debug for KeepingInstance {
    /// Without the keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl DtlsInstance for KeepingInstance {
    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let is_client = self.inner.is_active();
        match self.inner.poll_output(buffer) {
            DtlsOutput::KeyingMaterial(material, profile) => {
                if let Some(keys) = keys(&material, profile, is_client) {
                    // A handshake exports once; a second one could not change what is in use.
                    self.exported.get_or_init(|| keys);
                }
                DtlsOutput::KeyingMaterial(KeyingMaterial::new(&TOLD_MATERIAL), TOLD_PROFILE)
            }
            other => other,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}

/// `None` for a profile that no browser negotiates.
fn keys(material: &[u8], profile: SrtpProfile, is_client: bool) -> Option<Keys> {
    let profile = match profile {
        SrtpProfile::AES128_CM_SHA1_80 => Profile::Aes128CmHmacSha1_80,
        SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
        SrtpProfile::AEAD_AES_256_GCM => Profile::AeadAes256Gcm,
        _ => return None,
    };
    let (client, server) = MasterKey::of_dtls(profile, material)?;
    let (sending, receiving) = if is_client {
        (client, server)
    } else {
        (server, client)
    };
    Some(Keys { sending, receiving })
}

/// SRTP that changes nothing, under the name of the profile that str0m is told.
#[derive(Debug)]
struct ClearSrtp;

impl SrtpProvider for ClearSrtp {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        from_feature_flags().srtp_provider.aes_128_cm_sha1_80()
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        &ClearSrtp
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        from_feature_flags().srtp_provider.aead_aes_256_gcm()
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        let provider = from_feature_flags().srtp_provider;
        provider.srtp_aes_128_ecb_round(key, input, output);
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        let provider = from_feature_flags().srtp_provider;
        provider.srtp_aes_256_ecb_round(key, input, output);
    }
}

impl SupportedAeadAes128Gcm for ClearSrtp {
    fn create_cipher(&self, _key: [u8; 16], _encrypt: bool) -> Box<dyn AeadAes128GcmCipher> {
        Box::new(ClearSrtp)
    }
}

impl AeadAes128GcmCipher for ClearSrtp {
    fn encrypt(
        &mut self,
        _iv: &[u8; 12],
        _associated: &[u8],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        copy(input, output).map(|_| ())
    }

    fn decrypt(
        &mut self,
        _iv: &[u8; 12],
        _associated: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        let length = input.len().saturating_sub(TOLD_TAG_BYTES);
        copy(input.get(..length).unwrap_or_default(), output)
    }
}

fn copy(from: &[u8], to: &mut [u8]) -> Result<usize, CryptoError> {
    let too_short = || CryptoError::Other("the buffer is too short".to_owned());
    let to = to.get_mut(..from.len()).ok_or_else(too_short)?;
    to.copy_from_slice(from);
    Ok(from.len())
}
