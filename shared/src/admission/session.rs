//! Session authentication: a bearer token, or the console's cookie.
//!
//! A cookie needs a proof that the request comes from the console itself (administration contract,
//! section 8).

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE as COOKIES, HOST, ORIGIN};

use crate::error::{Error, Result};
use crate::secrets::session_token::SessionToken;
use crate::wire::reply::COOKIE;
use crate::wire::request::Request;

/// Returns the session that a request presents. A browser sends the cookie with every request, whatever
/// page makes it. So a change by cookie needs a same-origin proof, and a change by token does not.
pub(crate) fn presented(request: &Request) -> Result<SessionToken> {
    let mut headers = request.headers.get_all(AUTHORIZATION).iter();
    if let Some(header) = headers.next() {
        let text = header.to_str().map_err(|_| Error::SignedOut)?;
        let (scheme, token) = text.trim().split_once(' ').ok_or(Error::SignedOut)?;
        if headers.next().is_some() || !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Error::SignedOut);
        }
        return SessionToken::parse(token.trim()).ok_or(Error::SignedOut);
    }
    let token = cookie(&request.headers).ok_or(Error::SignedOut)?;
    // A browser adds the cookie by itself, also to a request of another site's page (CSRF).
    if !is_safe(&request.method) && origin(&request.headers) != Origin::Same {
        return Err(Error::CrossSite);
    }
    Ok(token)
}

/// Refuses requests of other sites' pages to operations without a session (login CSRF).
pub(crate) fn refuse_other_sites(request: &Request) -> Result<()> {
    // Links are opened from anywhere, and what a page of another site only asks for it cannot read.
    if !is_safe(&request.method) && origin(&request.headers) == Origin::Other {
        return Err(Error::CrossSite);
    }
    Ok(())
}

fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD")
}

/// Returns the cookie's token; none where two cookies of that name contradict each other.
fn cookie(headers: &HeaderMap) -> Option<SessionToken> {
    let pairs = headers.get_all(COOKIES).iter();
    let pairs = pairs.filter_map(|header| header.to_str().ok());
    let mut values = pairs
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value);
    // Two different cookies: another host of the same domain may have set one (cookie tossing).
    let first = values.next()?;
    values
        .all(|other| other == first)
        .then(|| SessionToken::parse(first))?
}

/// The origin of a request, as a browser reports it.
#[derive(Debug, PartialEq, Eq)]
enum Origin {
    /// A page of this very host.
    Same,
    /// A page of another one.
    Other,
    /// It does not say: it is no browser, or an old one.
    Unknown,
}

/// Reads the origin of a request.
///
/// No script can set `Sec-Fetch-Site`. `Origin` serves browsers that do not send it.
fn origin(headers: &HeaderMap) -> Origin {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let known = |same: bool| if same { Origin::Same } else { Origin::Other };
    if let Some(site) = text("sec-fetch-site") {
        return known(site == "same-origin");
    }
    let Some(origin) = text(ORIGIN.as_str()) else {
        return Origin::Unknown;
    };
    let host = text(HOST.as_str()).unwrap_or_default();
    let of_origin = origin.split_once("://").map_or("", |(_, host)| host);
    known(!host.is_empty() && of_origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::ids::AdministratorId;
    use crate::random::Random;

    fn request(method: &str, headers: &[(&'static str, &str)]) -> Request {
        let mut request = Request {
            method: method.to_owned(),
            ..Request::default()
        };
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers.append(*name, value);
        }
        request
    }

    fn token() -> String {
        let random = Random::default();
        let administrator = AdministratorId::generate(&random).unwrap();
        let token = SessionToken::generate(&administrator, &random).unwrap();
        token.expose().to_owned()
    }

    #[test]
    fn a_cookie_changes_something_only_with_a_same_origin_proof() {
        let token = token();
        let cookie = format!("a=b; {COOKIE}={token}");
        let with = |method: &str, proof: &[(&'static str, &str)]| {
            let headers = [
                &[("cookie", cookie.as_str()), ("host", "c.example:8080")],
                proof,
            ]
            .concat();
            presented(&request(method, &headers))
        };
        assert!(with("GET", &[]).is_ok());
        assert!(with("POST", &[("sec-fetch-site", "same-origin")]).is_ok());
        assert!(with("DELETE", &[("origin", "http://C.example:8080")]).is_ok());
        for proof in [
            &[][..],
            &[("sec-fetch-site", "same-site")],
            &[
                ("sec-fetch-site", "cross-site"),
                ("origin", "http://c.example:8080"),
            ],
            &[("sec-fetch-site", "none")],
            &[("origin", "null")],
            &[("origin", "http://c.example")],
            &[("origin", "http://evil.example")],
            &[("origin", "http://c.example:8080.evil.example")],
        ] {
            let refused = with("POST", proof).unwrap_err();
            assert!(
                matches!(refused, Error::CrossSite),
                "{proof:?}: {refused:?}"
            );
        }
    }

    #[test]
    fn a_bearer_token_needs_no_proof_and_nothing_else_counts() {
        let token = token();
        let bearer = format!("bearer {token}");
        assert!(presented(&request("POST", &[("authorization", &bearer)])).is_ok());
        let basic = format!("Basic {token}");
        let cookie = format!("{COOKIE}={token}");
        let two = format!("{COOKIE}={token}; {COOKIE}={}", self::token());
        for headers in [
            &[][..],
            &[("authorization", "Bearer")],
            &[("authorization", "Bearer x")],
            &[("authorization", &basic)],
            // A header that does not fit is not made up for by a cookie.
            &[("authorization", "Bearer x"), ("cookie", &cookie)],
            &[("authorization", &bearer), ("authorization", &bearer)],
            &[("cookie", &two)],
        ] {
            let refused = presented(&request("GET", headers)).unwrap_err();
            assert!(matches!(refused, Error::SignedOut), "{headers:?}");
        }
    }

    #[test]
    fn what_needs_no_session_is_closed_to_other_sites_and_open_to_scripts() {
        assert!(refuse_other_sites(&request("POST", &[])).is_ok());
        let same = [("host", "c.example"), ("origin", "https://c.example")];
        assert!(refuse_other_sites(&request("POST", &same)).is_ok());
        let other = [("host", "c.example"), ("origin", "https://evil.example")];
        assert!(refuse_other_sites(&request("POST", &other)).is_err());
        let from_mail = [("sec-fetch-site", "cross-site")];
        assert!(refuse_other_sites(&request("POST", &from_mail)).is_err());
        assert!(refuse_other_sites(&request("GET", &from_mail)).is_ok());
    }
}
