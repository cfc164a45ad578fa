//! Signed requests: what is signed, and whether a signature fits (contract section 2).

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format as DateTimeFormat;
use hmac::{Hmac, KeyInit, Mac};
use http::header::DATE;
use sha1::Sha1;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::secrets::client_secret::ClientSecret;
use crate::wire::arguments::Arguments;
use crate::wire::request::Request;

/// Largest difference of a signed request's date to our clock, either way: five minutes.
const MOST_OFF_MILLIS: u64 = 5 * 60 * 1000;

/// The texts that a request's signature may be of.
pub(super) struct Signed(Vec<String>);

impl Signed {
    /// Reads the request's `Date`, `YYYY-MM-DD HH:MM:SS` in UTC, and puts together what was signed.
    /// A date that is too far off, so that the request may be a recorded one, is refused.
    pub(super) fn of(request: &Request, arguments: &Arguments, now: Timestamp) -> Result<Self> {
        let date = request
            .headers
            .get(DATE)
            .and_then(|date| date.to_str().ok())
            .ok_or(Error::BadCredentials)?;
        let millis = millis(date).ok_or(Error::BadCredentials)?;
        if millis.abs_diff(now.millis()) > MOST_OFF_MILLIS {
            return Err(Error::BadCredentials);
        }
        Ok(Self::texts(&request.path, date, arguments.signed()?))
    }

    /// Returns the texts that a client may have signed.
    ///
    /// Two families of clients end the text differently when there are no parameters. And sorting by
    /// name is not always sorting by line. Both are understood.
    fn texts(path: &str, date: &str, mut lines: Vec<String>) -> Self {
        let head = format!("{path}\n{date}\n");
        if lines.is_empty() {
            return Self(vec![head.clone(), format!("{head}\n")]);
        }
        let by_name = format!("{head}{}\n", lines.join("\n"));
        lines.sort_unstable();
        let by_line = format!("{head}{}\n", lines.join("\n"));
        let mut texts = vec![by_name, by_line];
        texts.dedup();
        Self(texts)
    }

    /// Returns the serial number of the secret that signed one of the texts.
    ///
    /// Without secrets the same work is done, so that the time tells nothing.
    pub(super) fn fits(&self, signature: &[u8], secrets: &[(u32, ClientSecret)]) -> Option<u32> {
        let nobodys = [(0, ClientSecret::from_outside(""))];
        let candidates = if secrets.is_empty() {
            &nobodys
        } else {
            secrets
        };
        let mut fits = None;
        for (serial, secret) in candidates {
            // All are tried, whatever fits: the time must not tell which one did.
            for text in &self.0 {
                if is_by(secret, text, signature) {
                    fits = Some(*serial);
                }
            }
        }
        // The empty secret that stood in for none must not let anybody in.
        fits.filter(|_| !secrets.is_empty())
    }
}

/// Compares an HMAC-SHA1 (RFC 2104) in constant time.
fn is_by(secret: &ClientSecret, text: &str, signature: &[u8]) -> bool {
    Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes()).is_ok_and(|mac| {
        mac.chain_update(text.as_bytes())
            .verify_slice(signature)
            .is_ok()
    })
}

fn millis(date: &str) -> Option<i64> {
    let (day, time) = date.split_once(' ')?;
    let digits_where = |text: &str, separators: [usize; 2], length: usize| {
        text.len() == length
            && text
                .bytes()
                .enumerate()
                .all(|(at, byte)| separators.contains(&at) != byte.is_ascii_digit())
    };
    if !digits_where(day, [4, 7], 10) || !digits_where(time, [2, 5], 8) {
        return None;
    }
    DateTime::from_str(&format!("{day}T{time}Z"), DateTimeFormat::DateTime)
        .ok()?
        .to_millis()
        .ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine;

    use super::*;

    #[test]
    fn the_known_answer_of_the_contract_fits() {
        let lines = [
            "param1=this is a string",
            "param2=10",
            "param3=one=1\ntwo=2,three=3",
        ];
        let signed = Signed::texts(
            "/entity",
            "2000-01-01 01:01:01",
            lines.map(str::to_owned).into(),
        );
        let signature = base64::prelude::BASE64_STANDARD
            .decode("G3N5RxCVc0d6rDLmBRGvcg2hCVY=")
            .unwrap();
        let [bar, baz] = ["bar", "baz"].map(ClientSecret::from_outside);
        let both = [(7, bar), (6, baz)];
        assert_eq!(signed.fits(&signature, &both), Some(7));
        assert_eq!(signed.fits(&signature, &both[1..]), None);
        assert_eq!(signed.fits(&signature, &[]), None);
        assert_eq!(signed.fits(&signature[..19], &both), None);
    }

    #[test]
    fn a_date_has_one_form() {
        assert_eq!(millis("2000-01-01 01:01:01"), Some(946_688_461_000));
        for wrong in [
            "2000-01-01T01:01:01Z",
            "Sat, 01 Jan 2000 01:01:01 GMT",
            "2000-1-1 01:01:01",
            "2000-01-01 01:01:61",
            "2000-13-01 01:01:01",
            "2000-01-01 01:01:01 ",
            "",
        ] {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
    }
}
