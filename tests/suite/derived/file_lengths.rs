//! The length of files: no Rust file of the project has more than [`LIMIT`] lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use countersign_tests::derived::repository;

/// The most lines of a Rust file, without its `#[cfg(test)]` part.
///
/// CONTRIBUTING.md quotes it.
const LIMIT: usize = 400;

/// The files that are longer today. The list may only shrink.
///
/// A file is named by its folder and its own name: a move of the folder changes nothing here.
const LONGER: [&str; 5] = [
    "access_token/tests.rs",
    "approvals/world.rs",
    "aws/bootstrap.rs",
    "store/dynamodb.rs",
    "store/import.rs",
];

/// Returns the number of lines that count.
fn length(text: &str) -> usize {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .count()
}

/// Collects the names and lengths of the Rust files below a folder.
fn lengths_below(folder: &Path, into: &mut Vec<(String, usize)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            lengths_below(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let parts: Vec<_> = path.iter().rev().take(2).collect();
            let name = [parts[1], parts[0]].map(|part| part.to_str().unwrap());
            let text = fs::read_to_string(&path).unwrap();
            into.push((name.join("/"), length(&text)));
        }
    }
}

#[test]
fn no_file_is_longer_than_the_limit_and_the_list_of_longer_ones_shrinks() {
    let mut lengths = Vec::new();
    for part in ["shared", "functions", "local", "tests"] {
        lengths_below(&repository(part), &mut lengths);
    }
    let longer: BTreeSet<_> = lengths
        .iter()
        .filter(|(_, lines)| *lines > LIMIT)
        .map(|(name, _)| name.as_str())
        .collect();
    let listed: BTreeSet<_> = LONGER.into_iter().collect();
    let new: Vec<_> = longer.difference(&listed).collect();
    assert!(
        new.is_empty(),
        "{new:?}: more than {LIMIT} lines: ask which two things the file is, and split it"
    );
    let short: Vec<_> = listed.difference(&longer).collect();
    assert!(
        short.is_empty(),
        "{short:?}: within {LIMIT} lines, or gone: take it off the list LONGER in tests/suite/derived/file_lengths.rs"
    );
}

#[test]
fn the_limit_in_the_house_rules_is_the_one_that_is_held() {
    let rules = fs::read_to_string(repository("CONTRIBUTING.md")).unwrap();
    assert!(rules.contains(&format!("at most {LIMIT} lines")));
}

#[test]
fn tests_at_the_end_of_a_file_do_not_count() {
    assert_eq!(length("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
    assert_eq!(length("a\nb\n"), 2);
}
