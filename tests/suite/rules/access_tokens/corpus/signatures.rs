//! Signatures that are none.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::{Bad, bad};
use crate::rules::access_tokens::forgery::{Forger, Pen};

/// The order of P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The alphabet of base 64 that tokens are written in.
const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns the negative of a number, modulo the order of the curve.
pub(in crate::rules::access_tokens) fn negated(number: &[u8]) -> [u8; 32] {
    let mut negated = ORDER;
    let mut borrow = false;
    for (left, right) in negated.iter_mut().zip(number).rev() {
        let (difference, first) = left.overflowing_sub(*right);
        let (difference, second) = difference.overflowing_sub(u8::from(borrow));
        (*left, borrow) = (difference, first || second);
    }
    negated
}

/// Other bytes.
pub(super) fn spoiled(forger: &Forger) -> Vec<Bad> {
    let genuine = &forger.signature;
    let (r, s) = genuine.split_at(32);
    let zero = [0; 32];
    let mut one = zero;
    one[31] = 1;
    let high = [0xff; 32];
    let mut below = ORDER;
    below[31] -= 1;
    let mut corpus: Vec<Bad> = [1, 31, 32, 63]
        .map(|length| {
            bad(
                format!("the first {length} bytes of the signature"),
                forger.under(&genuine[..length]),
            )
        })
        .into();
    for (name, bytes) in [
        ("a byte more", [genuine, &[1][..]].concat()),
        ("a byte in front", [&[0], genuine.as_slice()].concat()),
        ("it twice", genuine.repeat(2)),
        ("its halves exchanged", [s, r].concat()),
        (
            "its bytes backwards",
            genuine.iter().rev().copied().collect(),
        ),
        (
            "its bits turned over",
            genuine.iter().map(|byte| !byte).collect(),
        ),
        ("zeros", [zero, zero].concat()),
        ("ones", [high, high].concat()),
        ("a thousand zeros", vec![0; 1_000]),
        ("zero and one", [zero, one].concat()),
        ("one and zero", [one, zero].concat()),
        ("one and one", [one, one].concat()),
        ("the order and one", [ORDER, one].concat()),
        ("one and the order", [one, ORDER].concat()),
        ("the order twice", [ORDER, ORDER].concat()),
        ("the order less one, twice", [below, below].concat()),
        ("its first half and zero", [r, &zero].concat()),
        ("its first half and the order", [r, &ORDER].concat()),
        ("zero and its second half", [&zero, s].concat()),
        ("the order and its second half", [&ORDER, s].concat()),
        ("random bytes", forger.random_bytes(64)),
        ("the form that TLS has it in", der(genuine)),
        ("the point of the key", forger.point()[1..].to_vec()),
    ] {
        corpus.push(bad(
            format!("for a signature, {name}"),
            forger.under(&bytes),
        ));
    }
    let other = forger.other.rsplit('.').next().unwrap();
    corpus.push(bad(
        "the signature of another genuine token",
        forger.under_text(other),
    ));
    let (header, claims) = (forger.header.to_string(), forger.claims.to_string());
    corpus.push(bad(
        "signed by somebody else, in the form that TLS has it in",
        forger.signed(Pen::P256InDer, &header, &claims),
    ));
    for place in (0..genuine.len()).step_by(9) {
        let mut bytes = genuine.clone();
        bytes[place] ^= 0x80;
        corpus.push(bad(
            format!("the highest bit of byte {place} of the signature"),
            forger.under(&bytes),
        ));
    }
    corpus
}

/// A signature as a sequence of two integers.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let start = half.iter().position(|byte| *byte != 0).unwrap();
        let mut number = half[start..].to_vec();
        if number[0] >= 0x80 {
            number.insert(0, 0);
        }
        [vec![2, u8::try_from(number.len()).unwrap()], number].concat()
    };
    let (r, s) = signature.split_at(32);
    let body = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat()
}

/// The genuine bytes, written otherwise.
pub(super) fn spelled_otherwise(forger: &Forger) -> Vec<Bad> {
    let genuine = URL_SAFE_NO_PAD.encode(&forger.signature);
    let (half, rest) = genuine.split_at(43);
    let last = genuine.chars().last().unwrap();
    let mut corpus = Vec::new();
    for (name, text) in [
        ("with padding", URL_SAFE.encode(&forger.signature)),
        ("with half of the padding", format!("{genuine}=")),
        (
            "in the standard alphabet",
            STANDARD_NO_PAD.encode(&forger.signature),
        ),
        (
            "in the standard alphabet, with padding",
            STANDARD.encode(&forger.signature),
        ),
        ("with a blank in it", format!("{half} {rest}")),
        ("with a line end in it", format!("{half}\n{rest}")),
        ("with a line end behind it", format!("{genuine}\r\n")),
        ("with a blank in front", format!(" {genuine}")),
        ("with a character less", genuine[..85].to_owned()),
        ("with a character more", format!("{genuine}A")),
        ("in hexadecimal digits", hexadecimal(&forger.signature)),
        ("in capitals", genuine.to_uppercase()),
        ("encoded twice", URL_SAFE_NO_PAD.encode(&genuine)),
        (
            "with its escapes",
            format!("%{:02X}{}", genuine.as_bytes()[0], &genuine[1..]),
        ),
    ] {
        corpus.push(bad(
            format!("the signature {name}"),
            forger.under_text(&text),
        ));
    }
    // 64 bytes leave four bits of the last character over, which have to be zero.
    let place = ALPHABET.find(last).unwrap();
    for over in 1..16 {
        let other = ALPHABET.chars().nth(place + over).unwrap();
        corpus.push(bad(
            format!("the signature with {over} in the bits that are left over"),
            forger.under_text(&format!("{}{other}", &genuine[..85])),
        ));
    }
    corpus
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
