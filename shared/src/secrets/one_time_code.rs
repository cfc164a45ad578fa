//! One-time codes (RFC 6238): SHA-1, six digits, thirty seconds, one step either side.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::QrCode;
use qrcode::render::svg;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use totp_rs::{Algorithm, Builder, Secret};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::random::Random;
use crate::schema::described;

/// A one-time code as it was typed.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct OneTimeCode(SecretString);

described! {
    OneTimeCode: { "type": "string", "pattern": "^[0-9]{6}$", "examples": ["123456"], "description": "The six digits that the authenticator shows. Each works once." }
}

impl From<String> for OneTimeCode {
    /// Authenticators show a blank in the middle, which some people type.
    fn from(mut text: String) -> Self {
        text.retain(|c| c != ' ');
        Self(text.into())
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(..)")
    }
}

/// The key that an authenticator and Countersign share.
#[derive(Clone)]
pub(crate) struct TotpKey(Zeroizing<Vec<u8>>);

impl fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpKey(..)")
    }
}

/// The key to set an authenticator up with.
#[derive(Serialize, JsonSchema)]
pub struct TotpSetup {
    /// The key, in base 32, to be typed.
    secret: String,
    /// The same as a link that authenticators open.
    otpauth_uri: String,
    /// The link as a QR code: an SVG image.
    qr_svg: String,
}

impl fmt::Debug for TotpSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSetup(..)")
    }
}

/// The name of our accounts in an authenticator app.
const ISSUER: &str = "Countersign";
/// A step of the code, in seconds.
const STEP_SECONDS: u64 = 30;

impl TotpKey {
    /// Returns a new key: 160 random bits (RFC 4226, section 4).
    pub(crate) fn generate(random: &Random) -> Result<Self> {
        Ok(Self(Zeroizing::new(random.bytes::<20>()?.to_vec())))
    }

    /// Returns a key that comes from elsewhere, in base 32. Blanks, padding and case do not matter.
    pub(crate) fn from_base32(text: &str) -> Option<Self> {
        let mut plain = Zeroizing::new(text.to_ascii_uppercase());
        plain.retain(|c| c != ' ' && c != '-' && c != '=');
        let key = Secret::try_from_base32(&*plain).ok()?;
        let key = Self(Zeroizing::new(key.as_bytes().to_vec()));
        (key.0.len() >= 10).then_some(key)
    }

    pub(crate) fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn secret(&self) -> Secret {
        Secret::new(self.0.as_slice().into())
    }

    /// Returns the step of a code: the present one, or the one before or after it.
    ///
    /// It must be later than `last`, the step that was used last, so that no code is accepted twice.
    pub(crate) fn step(&self, code: &OneTimeCode, last: u64, now: Timestamp) -> Option<u64> {
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            // A clock may be half a minute off (RFC 6238, section 5.2).
            .with_skew(1)
            .with_step_duration(STEP_SECONDS)
            .with_secret(self.secret())
            // Imported keys may be shorter than the 128 bits of RFC 4226.
            .build_noncompliant();
        let seconds = u64::try_from(now.millis() / 1000).unwrap_or_default();
        let step = totp.check(code.0.expose_secret(), seconds)?;
        (step > last).then_some(step)
    }

    /// Returns the setup of an authenticator for the account of this name.
    pub(crate) fn setup(&self, account: &str) -> Result<TotpSetup> {
        let secret = self.secret().to_base32();
        let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
        let otpauth_uri = format!(
            "otpauth://totp/{ISSUER}:{account}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits=6&period={STEP_SECONDS}"
        );
        let code = QrCode::new(otpauth_uri.as_bytes())
            .map_err(|fault| Error::unexpected(format!("no QR code can be made: {fault}")))?;
        let qr_svg = code
            .render::<svg::Color<'_>>()
            .min_dimensions(240, 240)
            .build();
        Ok(TotpSetup {
            secret,
            otpauth_uri,
            qr_svg,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let key = TotpKey(Zeroizing::new(b"12345678901234567890".to_vec()));
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_millis(seconds * 1000);
            let step = u64::try_from(seconds).unwrap() / 30;
            let code = OneTimeCode::from(code.to_owned());
            assert_eq!(key.step(&code, 0, now), Some(step));
            assert_eq!(key.step(&code, step, now), None, "used");
            // Before the epoch there are no steps to be off by.
            if seconds < 60 {
                continue;
            }
            for (off, expected) in [(-30, Some(step)), (30, Some(step)), (-60, None), (60, None)] {
                let then = Timestamp::from_millis((seconds + off) * 1000);
                assert_eq!(key.step(&code, 0, then), expected, "{off} s off");
            }
        }
    }

    #[test]
    fn what_is_no_code_fits_nothing() {
        let key = TotpKey::generate(&Random::default()).unwrap();
        let now = Timestamp::from_millis(1_795_219_200_000);
        for text in [
            "",
            "12345",
            "1234567",
            "+12345",
            "12345a",
            "１２３４５６",
            "-12345",
        ] {
            assert_eq!(
                key.step(&OneTimeCode::from(text.to_owned()), 0, now),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn hostile_names_stay_inside_the_link_and_the_image() {
        let key = TotpKey::generate(&Random::default()).unwrap();
        let setup = key.setup("\"><script>&secret=AAAA@x.com").unwrap();
        assert_eq!(setup.otpauth_uri.matches("secret=").count(), 1);
        assert!(!setup.qr_svg.contains("script"));
        assert!(setup.qr_svg.contains("<svg"));
        assert_eq!(format!("{setup:?} {key:?}"), "TotpSetup(..) TotpKey(..)");
    }

    #[test]
    fn a_typed_key_may_have_blanks_and_lower_case() {
        let key = TotpKey::from_base32("jbsw y3dp ehpk 3pxp").unwrap();
        assert_eq!(key.secret().to_base32(), "JBSWY3DPEHPK3PXP");
        assert!(TotpKey::from_base32("not base 32!").is_none());
        assert!(
            TotpKey::from_base32("JBSW").is_none(),
            "too short to be one"
        );
    }
}
