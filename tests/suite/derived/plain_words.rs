//! Lint of the prose: plain first words, short sentences, "cannot" in one word.
//!
//! A summary is the first sentence of a doc comment. A reader sees it in a list, without the code
//! beside it. So it has to say by itself what the thing is.

use std::fmt::{self, Display};
use std::fs;
use std::path::Path;

use countersign_tests::derived::repository;

/// Faults that are left, by part of the repository. A number may only shrink, down to 0.
const LEFT: [(&str, Left); 5] = [
    ("shared", Left::new(0, 0, 0)),
    ("functions", Left::new(0, 0, 0)),
    ("local", Left::new(0, 0, 0)),
    ("tests", Left::new(0, 0, 0)),
    (DOCUMENTS, Left::new(0, 0, 9)),
];

/// Files that belong to no crate.
const DOCUMENTS: &str = "documents";

/// Folders of the documents. Files in the root belong to them too.
const FOLDERS: [&str; 3] = ["docs", "scripts", ".ci"];

/// Folders that hold no files of ours: build output, and packages that CI installs.
const NOT_OURS: [&str; 4] = ["target", "node_modules", "tools", "__pycache__"];

/// First words that make a summary a clause without a noun.
const OPENINGS: [&str; 14] = [
    "How",
    "One",
    "That",
    "Those",
    "What",
    "Whatever",
    "Where",
    "Which",
    "Whichever",
    "Who",
    "Whoever",
    "Whom",
    "Whose",
    "Why",
];

/// Most words of a sentence in a comment.
const WORDS: usize = 20;

/// The two words in two pieces: this file is read by the lint too.
const TWO_WORDS: [&str; 2] = ["can", "not"];

/// Numbers of faults, by kind.
struct Left {
    openings: usize,
    long: usize,
    two_words: usize,
}

impl Left {
    const fn new(openings: usize, long: usize, two_words: usize) -> Self {
        Self {
            openings,
            long,
            two_words,
        }
    }

    fn of(&self, kind: Kind) -> usize {
        match kind {
            Kind::Opening => self.openings,
            Kind::Long => self.long,
            Kind::TwoWords => self.two_words,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A summary that begins with one of `OPENINGS`.
    Opening,
    /// A sentence of more than `WORDS` words.
    Long,
    /// "cannot" in two words.
    TwoWords,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Opening, Self::Long, Self::TwoWords];

    /// Advice for whoever wrote the fault.
    fn advice(self) -> &'static str {
        match self {
            Self::Opening => {
                "begin the summary with a noun that an engineer would search for (a type, a field, \
                 a file), or with a verb in the third person (a function)"
            }
            Self::Long => "make two sentences of it, of at most 20 words each",
            Self::TwoWords => "write \"cannot\" in one word",
        }
    }
}

/// A fault, with its place.
struct Fault {
    kind: Kind,
    file: String,
    line: usize,
    text: String,
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.text)
    }
}

/// Returns the faults of one file.
fn faults(file: &str, text: &str) -> Vec<Fault> {
    let fault = |kind, line, text| Fault {
        kind,
        file: file.to_owned(),
        line,
        text,
    };
    let mut found = Vec::new();
    if Path::new(file).extension().is_some_and(|end| end == "rs") {
        for Paragraph {
            line,
            text,
            is_first,
        } in paragraphs(text)
        {
            let first = text.split_whitespace().next().unwrap_or_default();
            let first = first.trim_matches(|c: char| !c.is_alphanumeric());
            if is_first && OPENINGS.contains(&first) {
                let summary = sentences(&text)[0];
                found.push(fault(Kind::Opening, line, summary.to_owned()));
            }
            for sentence in sentences(&text) {
                if sentence.split_whitespace().count() > WORDS {
                    found.push(fault(Kind::Long, line, sentence.to_owned()));
                }
            }
        }
    }
    for line in two_words(text) {
        let shown = text.lines().nth(line - 1).unwrap_or_default();
        found.push(fault(Kind::TwoWords, line, shown.trim().to_owned()));
    }
    found
}

/// A paragraph of a comment.
struct Paragraph {
    /// The number of its first line.
    line: usize,
    text: String,
    /// Whether it begins a doc comment, so that its first sentence is a summary.
    is_first: bool,
}

/// Returns the paragraphs of all comments. Examples of code and tables are left out.
fn paragraphs(text: &str) -> Vec<Paragraph> {
    let mut found: Vec<Paragraph> = Vec::new();
    // The mark of the comment that goes on.
    let mut comment = None;
    let (mut is_open, mut is_code) = (false, false);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let Some(mark) = ["///", "//!", "//"]
            .into_iter()
            .find(|m| line.starts_with(m))
        else {
            (comment, is_code) = (None, false);
            continue;
        };
        let is_new = comment != Some(mark);
        comment = Some(mark);
        let said = line[mark.len()..].trim();
        is_code ^= said.starts_with("```");
        if said.is_empty() || is_code || said.starts_with("```") || said.starts_with('|') {
            is_open = false;
            continue;
        }
        match found.last_mut().filter(|_| is_open && !is_new) {
            Some(paragraph) => {
                paragraph.text.push(' ');
                paragraph.text.push_str(said);
            }
            None => found.push(Paragraph {
                line: number + 1,
                text: said.to_owned(),
                is_first: is_new && mark != "//",
            }),
        }
        is_open = true;
    }
    found
}

/// Returns the sentences of a paragraph.
fn sentences(mut paragraph: &str) -> Vec<&str> {
    let mut found = Vec::new();
    while !paragraph.is_empty() {
        let (sentence, rest) = paragraph.split_at(end_of_sentence(paragraph));
        found.push(sentence);
        paragraph = rest.trim_start();
    }
    found
}

/// Returns the length in bytes of a paragraph's first sentence.
fn end_of_sentence(paragraph: &str) -> usize {
    let ends = |at: &usize| {
        // The end may stand in brackets, quotes or emphasis.
        let before = paragraph[..*at].trim_end_matches([')', '"', '*']);
        before.ends_with(['.', '!', '?'])
            && !["e.g.", "i.e."]
                .iter()
                .any(|a| paragraph[..*at].ends_with(a))
    };
    paragraph
        .match_indices(' ')
        .map(|(at, _)| at)
        .find(ends)
        .unwrap_or(paragraph.len())
}

/// Returns the lines on which "cannot" stands, or begins, in two words.
fn two_words(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut before = String::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        let words: Vec<&str> = line
            .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '_')
            .filter(|word| !word.is_empty())
            .collect();
        if before == TWO_WORDS[0] && words.first() == Some(&TWO_WORDS[1]) {
            found.push(number);
        }
        let joined = line.matches(&TWO_WORDS.join(" ")).count();
        let pairs = words.windows(2).filter(|pair| *pair == TWO_WORDS).count();
        found.extend(std::iter::repeat_n(number + 1, joined.min(pairs)));
        before = words
            .last()
            .map(|&word| word.to_owned())
            .unwrap_or_default();
    }
    found
}

/// Adds the text files of a folder, with their names from the repository's root.
fn read_folder(folder: &str, into: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(repository(folder)).unwrap() {
        let entry = entry.unwrap();
        let own = entry.file_name().to_str().unwrap().to_owned();
        let name = format!("{folder}/{own}");
        if entry.file_type().unwrap().is_file() {
            read_file(name, into);
        } else if !NOT_OURS.contains(&own.as_str()) {
            read_folder(&name, into);
        }
    }
}

/// Adds a file, unless it is not text.
fn read_file(name: String, into: &mut Vec<(String, String)>) {
    if let Ok(text) = String::from_utf8(fs::read(repository(&name)).unwrap()) {
        into.push((name, text));
    }
}

/// Returns names and texts of the files of a part of the repository.
fn files(part: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if part == DOCUMENTS {
        for folder in FOLDERS {
            read_folder(folder, &mut found);
        }
        for entry in fs::read_dir(repository("")).unwrap() {
            let name = entry.unwrap().file_name().to_str().unwrap().to_owned();
            let ends = [".md", ".yaml", ".toml"];
            if ends.iter().any(|end| name.ends_with(end)) || name == "justfile" {
                read_file(name, &mut found);
            }
        }
    } else {
        read_folder(part, &mut found);
    }
    found.sort();
    found
}

#[test]
fn summaries_and_words_are_plain_and_get_no_worse() {
    let mut wrong = Vec::new();
    for (part, left) in LEFT {
        let faults: Vec<Fault> = files(part)
            .iter()
            .flat_map(|(name, text)| faults(name, text))
            .collect();
        for kind in Kind::ALL {
            let found: Vec<&Fault> = faults.iter().filter(|f| f.kind == kind).collect();
            let (is, was) = (found.len(), left.of(kind));
            if is > was {
                let list: Vec<String> = found.iter().map(ToString::to_string).collect();
                wrong.push(format!(
                    "{part}, {kind:?}: {is} faults, {was} are allowed: {}.\n{}",
                    kind.advice(),
                    list.join("\n")
                ));
            } else if is < was {
                wrong.push(format!(
                    "{part}, {kind:?}: fewer faults than before, which is good: in `LEFT`, \
                     tests/suite/derived/plain_words.rs, lower {was} to {is}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Returns kind and line of each fault, for the lint's own tests.
fn seen(file: &str, text: &str) -> Vec<(Kind, usize)> {
    let found = faults(file, text);
    found.iter().map(|f| (f.kind, f.line)).collect()
}

#[test]
fn the_lint_sees_clauses_that_stand_for_a_noun() {
    assert_eq!(seen("a.rs", "//! What it is."), [(Kind::Opening, 1)]);
    assert_eq!(
        seen("a.rs", "\n    /// `One` of them."),
        [(Kind::Opening, 2)]
    );
    let field = "/// A client.\nstruct A {\n    /// Who may.\n    b: B,\n}";
    assert_eq!(seen("a.rs", field), [(Kind::Opening, 3)]);
    // A second paragraph may begin as it likes, and so may other files and comments.
    assert_eq!(seen("a.rs", "/// A client.\n///\n/// What it is."), []);
    assert_eq!(seen("a.rs", "// What it is."), []);
    assert_eq!(seen("a.md", "//! What it is."), []);
}

#[test]
fn the_lint_counts_the_words_of_every_sentence_in_a_comment() {
    let sentence = |words: usize| format!("/// {}.", vec!["word"; words].join(" "));
    assert_eq!(seen("a.rs", &sentence(WORDS)), []);
    assert_eq!(seen("a.rs", &sentence(WORDS + 1)), [(Kind::Long, 1)]);
    let two = format!("{}\n{}", sentence(WORDS), sentence(WORDS));
    assert_eq!(seen("a.rs", &two), []);
    let second = format!("/// One.\n///\n/// A word. {}", &sentence(WORDS + 1)[4..]);
    assert_eq!(seen("a.rs", &second), [(Kind::Opening, 1), (Kind::Long, 3)]);
    // A line ends no sentence, also not in other comments.
    let wrapped = format!("/// Some\n{}", sentence(WORDS)).replace("///", "//");
    assert_eq!(seen("a.rs", &wrapped), [(Kind::Long, 1)]);
    // Code and tables are no sentences.
    let example = format!(
        "/// A.\n/// ```\n{}\n/// ```\n/// |{}",
        sentence(30),
        sentence(30)
    );
    assert_eq!(seen("a.rs", &example), []);
}

#[test]
fn the_lint_sees_cannot_in_two_words_also_across_lines() {
    let [first, second] = TWO_WORDS;
    let one_line = format!("a\n// It {first} {second} be.");
    assert_eq!(seen("a.py", &one_line), [(Kind::TwoWords, 2)]);
    let two_lines = format!("# It {first}\n# {second} be.");
    assert_eq!(seen("a.sh", &two_lines), [(Kind::TwoWords, 1)]);
    assert_eq!(seen("a.md", "It cannot be. Can it be noted?"), []);
    assert_eq!(seen("a.rs", &format!("{first}, {second} must")), []);
}

#[test]
fn the_lint_reads_every_part_of_the_repository() {
    for (part, known) in [
        ("shared", "shared/src/lib.rs"),
        ("functions", "functions/src/clients/add.rs"),
        ("local", "local/src/main.rs"),
        ("tests", "tests/suite/main.rs"),
        (DOCUMENTS, "README.md"),
        (DOCUMENTS, "docs/decisions/0001-a-client-stands-twice.md"),
        (DOCUMENTS, ".ci/run"),
    ] {
        assert!(LEFT.iter().any(|(name, _)| *name == part), "{part}");
        let read = files(part).iter().any(|(name, _)| name == known);
        assert!(read, "{known}");
    }
}
