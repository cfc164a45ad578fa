//! Correlation IDs: API Gateway's, Lambda's and X-Ray's names of a request.

/// An ID of a gateway or of Lambda has fewer characters.
const LONGEST_ID: usize = 64;

/// The IDs under which others know a request. All of them are made in front of an operation. Only their
/// documented shape is accepted, so that no caller writes into the log.
#[derive(Clone, Debug, Default)]
pub struct Correlation {
    pub(crate) gateway: Option<String>,
    pub(crate) lambda: Option<String>,
    pub(crate) trace: Option<String>,
}

impl Correlation {
    /// Collects the gateway's ID, Lambda's ID of the invocation, and the `Root` of Lambda's tracing
    /// header.
    ///
    /// The header is `Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;…`. Headers of the request are not used:
    /// a caller can write anything into them. An ID of another shape is left out.
    pub fn new(gateway: Option<&str>, lambda: Option<&str>, tracing_header: Option<&str>) -> Self {
        let id = |id: Option<&str>| id.filter(|id| is_id(id)).map(str::to_owned);
        Self {
            gateway: id(gateway),
            lambda: id(lambda),
            trace: tracing_header.and_then(trace_id).map(str::to_owned),
        }
    }
}

fn is_id(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_=".contains(&b);
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Returns the trace ID of an X-Ray tracing header: a version, a time and a number, both in
/// hexadecimal.
fn trace_id(header: &str) -> Option<&str> {
    let mut fields = header.split(';').map(str::trim);
    let id = fields.find_map(|field| field.strip_prefix("Root="))?;
    let (seconds, number) = id.strip_prefix("1-")?.split_once('-')?;
    let is_hex = |text: &str, digits| {
        text.len() == digits && text.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    (is_hex(seconds, 8) && is_hex(number, 24)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_id_is_the_root_wherever_it_stands() {
        let id = "1-5bef4de7-ad49b0e87f6ef6c87fc2e700";
        for header in [
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            "Self=1-67891234-12456789abcdef012345678a; Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
        ] {
            assert_eq!(trace_id(header), Some(id), "{header}");
        }
    }

    #[test]
    fn what_is_no_trace_id_is_left_out() {
        for header in [
            "",
            "Root=",
            "Root",
            "1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "Root=2-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e70",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e7000",
            "Root=1-5bef4de7ad49b0e87f6ef6c87fc2e700",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e70\"",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e70\n",
            "Root=1-5bef4dß-ad49b0e87f6ef6c87fc2e700",
            "Root=hostile;Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
        ] {
            assert_eq!(trace_id(header), None, "{header:?}");
        }
    }

    #[test]
    fn ids_have_plain_letters_and_an_end() {
        for id in [
            "JKJaXmPLvHcESHA=",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            &"a".repeat(64),
        ] {
            assert!(is_id(id), "{id}");
        }
        for id in ["", " ", "a b", "a\"b", "a\n", "ß", &"a".repeat(65)] {
            assert!(!is_id(id), "{id:?}");
        }
    }
}
