//! Documents for people: their links, their length, the names and the sentences in them.
//!
//! `.ci/documents` runs their shell blocks.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use countersign_tests::derived::{administration, hold, machine_api, repository};
use functions::OPERATIONS;
use shared::Envelope;

/// Parts of sentences that readers did not understand.
const STUMBLED_OVER: [&str; 21] = [
    "of whom one has had a link",
    "Approving an invitation answers its link",
    "for one that is there already it",
    "At the decision everything is looked at anew",
    "everyone who stands behind the request may still do so",
    "the key and the data are in two places",
    "what needs a secret itself or makes",
    "What reaches no operation is answered",
    "with more than 6 MB or with nonsense",
    "Without `client_id` one is made",
    "What happened to nobody is no alarm",
    "whoever changes the address later",
    "these are break-downs only",
    "That one reveals or regenerates",
    "The same goes for links of an import",
    "Who looks at the signature only",
    "Arguments that nobody knows are ignored",
    "what a link sets up, and setting it up",
    "operations work today",
    "What does not exist yet",
    "nonsense is answered",
];

/// Documents that keep their words: records are superseded and never edited.
const KEPT_AS_WRITTEN: [&str; 3] = ["docs/decisions", "docs/licences.md", "CHANGELOG.md"];

/// Returns every document, with its path in the repository.
fn documents() -> Vec<(String, String)> {
    let root = repository("");
    let mut paths: Vec<PathBuf> = Vec::new();
    markdown(&root, &mut paths);
    markdown(&root.join("docs"), &mut paths);
    markdown(&root.join("docs/decisions"), &mut paths);
    let documents: Vec<_> = paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
            (name.to_owned(), fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(documents.len() > 30, "{}", documents.len());
    documents
}

/// Adds the Markdown files of a folder.
fn markdown(folder: &Path, into: &mut Vec<PathBuf>) {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    into.extend(files.filter(|path| path.extension().is_some_and(|kind| kind == "md")));
}

/// Returns the text without fenced blocks.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the name of a heading's anchor, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    });
    kept.collect()
}

/// Returns the anchors of a text.
fn anchors(text: &str) -> HashSet<String> {
    let text = prose(text);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor(line.trim_start_matches('#')))
        .collect()
}

/// Returns the targets of the links of a text.
fn links(text: &str) -> Vec<String> {
    let text = prose(text).replace('\n', " ");
    let starts = text.match_indices("](").map(|(at, found)| at + found.len());
    starts
        .filter_map(|start| text[start..].split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect()
}

/// Returns a sentence for each broken link of a document.
fn broken(name: &str, text: &str) -> Vec<String> {
    let file = repository(name);
    let mut found = Vec::new();
    for link in links(text) {
        if link.starts_with("http://") || link.starts_with("https://") {
            continue;
        }
        let (path, place) = link.split_once('#').unwrap_or((&link, ""));
        let target = if path.is_empty() {
            file.clone()
        } else {
            file.parent().unwrap().join(path)
        };
        if !target.exists() {
            found.push(format!("{name}: there is no {link}"));
        } else if !place.is_empty()
            && !anchors(&fs::read_to_string(&target).unwrap()).contains(place)
        {
            found.push(format!("{name}: {path} has no heading {place}"));
        }
    }
    found
}

#[test]
fn the_readme_and_the_map_are_short() {
    for name in ["README.md", "ARCHITECTURE.md"] {
        let lines = fs::read_to_string(repository(name))
            .unwrap()
            .lines()
            .count();
        assert!(
            lines <= 120,
            "{name} has {lines} lines; put the rest into docs/"
        );
    }
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let documents = documents();
    let found: Vec<_> = documents
        .iter()
        .flat_map(|(name, text)| broken(name, text))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(
        broken(
            "README.md",
            "[x](docs/nothing.md) [y](#nowhere) [z](docs/local.md#options)"
        )
        .len(),
        2
    );
}

#[test]
fn no_sentence_comes_back_that_a_reader_stumbled_over() {
    let mut found = Vec::new();
    for (name, text) in documents() {
        if KEPT_AS_WRITTEN.iter().any(|kept| name.starts_with(kept)) {
            continue;
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let there = STUMBLED_OVER.iter().filter(|words| text.contains(**words));
        found.extend(there.map(|words| format!("{name}: {words}")));
    }
    assert!(
        found.is_empty(),
        "say it in plain words:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_test_that_the_map_names_is_there() {
    let map = fs::read_to_string(repository("ARCHITECTURE.md")).unwrap();
    let mut sources = String::new();
    sources_below(&repository("tests/suite"), &mut sources);
    let (_, table) = map.split_once("## Ten invariants").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut invariants = 0;
    for row in rows {
        let tests: Vec<_> = row.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test holds it: {row}");
        for test in tests {
            assert!(
                sources.contains(&format!("fn {test}(")),
                "there is no test {test}"
            );
        }
        invariants += 1;
    }
    assert_eq!(invariants, 10);
}

/// Adds the text of every Rust file below a folder.
fn sources_below(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources_below(&path, into);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            into.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_operation_of_the_two_apis_stands_in_its_document() {
    hold("docs/machine-api.md", &machine_api());
    hold("docs/administration.md", &administration());
}

#[test]
fn every_path_stands_in_the_document_of_its_readers() {
    let read = |name: &str| fs::read_to_string(repository(name)).unwrap();
    let [machine, people, tokens] = [
        "docs/machine-api.md",
        "docs/administration.md",
        "docs/access-tokens.md",
    ]
    .map(read);
    for endpoint in OPERATIONS {
        let path = endpoint.route.path;
        let document = match endpoint.route.envelope {
            Envelope::Machine => &machine,
            Envelope::Admin => &people,
            Envelope::OAuth => &tokens,
            // Files and documents are said in the words of their readers.
            Envelope::File | Envelope::Document => continue,
        };
        assert!(document.contains(path), "no document has {path}");
    }
}
