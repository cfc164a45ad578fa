//! The floors of the core crate: no import runs up, and no files import one another in a circle.
//!
//! Why a test and not crates: `Authorized` and `Context::store` are private to the crate. Between crates
//! they would have to be public.

mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use countersign_tests::derived::repository;

use self::imports::{children, code_of, flatten, paths_in, statements, use_tree};

/// The rooms of `shared/src` by floor, from the ground up. A file may import from its own floor and
/// below.
const FLOORS: [&[&str]; 7] = [
    &["error", "clock", "random", "text", "schema", "ids"],
    &["secrets"],
    &["domain"],
    &["store", "wire"],
    &["context"],
    &["admission", "planting"],
    &["operation"],
];

/// Rooms of one floor that must not know each other: storage names no HTTP, and HTTP no storage.
const APART: (&str, &str) = ("store", "wire");

/// A module, as the parts of its path behind `crate`.
type Module = Vec<String>;

/// A source file of the core crate, without its tests and comments.
struct Source {
    module: Module,
    code: String,
    children: BTreeSet<String>,
    imports: Vec<Import>,
}

/// A path that a file names, absolute.
struct Import {
    path: Module,
    line: usize,
    /// It is a `pub use`, by which a room shows what its files define.
    shows: bool,
}

impl Source {
    fn new(module: &[&str], text: &str) -> Self {
        let code = code_of(text);
        let mut source = Self {
            module: module.iter().map(|&part| part.to_owned()).collect(),
            children: children(&code),
            code,
            imports: Vec::new(),
        };
        source.imports = source.read_imports();
        source
    }

    fn name(&self) -> String {
        format!("shared/src/{}.rs", self.module.join("/"))
    }

    fn room(&self) -> &str {
        &self.module[0]
    }

    fn read_imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        let mut rest = String::new();
        for (line, statement) in statements(&self.code) {
            if let Some((shows, tree)) = use_tree(&statement) {
                let mut paths = Vec::new();
                flatten(tree, &[], &mut paths);
                let absolute = paths.into_iter().filter_map(|path| self.absolute(&path));
                imports.extend(absolute.map(|path| Import { path, line, shows }));
            } else {
                rest.push_str(&statement);
            }
        }
        for (line, text) in self.code.lines().enumerate() {
            // Not a path that is imported, but how far something is visible.
            let text = text.replace("pub(in crate::", "pub(");
            if use_tree(&format!("{};", text.trim_end_matches(';'))).is_some() {
                continue;
            }
            let absolute = paths_in(&text)
                .into_iter()
                .filter_map(|path| self.absolute(&path));
            imports.extend(absolute.map(|path| Import {
                path,
                line: line + 1,
                shows: false,
            }));
        }
        imports
    }

    /// The path behind `crate`; nothing for a path that leads into another crate.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let path: Vec<_> = path
            .iter()
            .filter(|part| *part != "self")
            .cloned()
            .collect();
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "super" => {
                let up = path.iter().take_while(|part| *part == "super").count();
                let base = self.module.len().checked_sub(up)?;
                Some([&self.module[..base], &path[up..]].concat())
            }
            first if self.children.contains(first) => Some([&self.module[..], &path[..]].concat()),
            _ => None,
        }
    }

    /// The faults of the imports themselves, each with its line and the way out.
    fn faults(&self) -> Vec<String> {
        let mut found = Vec::new();
        for Import { path, line, .. } in &self.imports {
            let (own, Some(target)) = (self.room(), path.first()) else {
                continue;
            };
            let place = format!("{}:{line}", self.name());
            let path = path.join("::");
            let Some(floor_of_target) = floor(target) else {
                found.push(format!(
                    "{place}: `crate::{path}` comes from the facade lib.rs, or from a room without a floor: \
                     name the file that defines it, or give the room a floor in FLOORS"
                ));
                continue;
            };
            let Some(own_floor) = floor(own) else {
                found.push(format!("{place}: the room `{own}` has no floor in FLOORS"));
                continue;
            };
            let apart = [(own, target.as_str()), (target.as_str(), own)].contains(&APART);
            if floor_of_target > own_floor || apart {
                found.push(format!(
                    "{place}: `{own}` imports `crate::{path}`, and may not know `{target}`: move the \
                     definition down, or take it as an argument"
                ));
            }
        }
        found
    }
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// All sources of the core crate but its facade.
struct House(BTreeMap<Module, Source>);

impl House {
    fn read(root: &Path) -> Self {
        let mut sources = Vec::new();
        read_below(root, &mut Vec::new(), &mut sources);
        Self::of(sources)
    }

    fn of(sources: Vec<Source>) -> Self {
        let named = sources
            .into_iter()
            .map(|source| (source.module.clone(), source));
        Self(named.collect())
    }

    fn faults(&self) -> Vec<String> {
        self.0.values().flat_map(Source::faults).collect()
    }

    /// The file that defines what a path names, through the `pub use` of rooms.
    fn definer(&self, path: &[String]) -> Option<&Source> {
        let known = (0..=path.len())
            .rev()
            .find(|&end| self.0.contains_key(&path[..end]))?;
        let source = &self.0[&path[..known]];
        let shown = path.get(known).and_then(|name| {
            let mut shown = source.imports.iter().filter(|import| import.shows);
            shown.find(|import| import.path.last() == Some(name))
        });
        match shown {
            Some(import) if import.path != path => self.definer(&import.path),
            _ => Some(source),
        }
    }

    /// For each file the files that it imports from, each with one line that says so.
    fn arrows(&self) -> BTreeMap<&Module, BTreeMap<&Module, usize>> {
        let mut arrows = BTreeMap::new();
        for (module, source) in &self.0 {
            let to: &mut BTreeMap<_, _> = arrows.entry(module).or_default();
            for import in &source.imports {
                let own_child = import.shows && import.path.starts_with(module);
                if let Some(target) = self.definer(&import.path)
                    && !own_child
                    && target.module != *module
                {
                    to.entry(&target.module).or_insert(import.line);
                }
            }
        }
        arrows
    }

    /// The circles of files, each as the arrows that tie it.
    fn circles(&self) -> Vec<String> {
        let arrows = self.arrows();
        let reach = |from: &Module| {
            let mut seen = BTreeSet::new();
            let mut next: Vec<&Module> = arrows[from].keys().copied().collect();
            while let Some(module) = next.pop() {
                if seen.insert(module) {
                    next.extend(arrows[module].keys().copied());
                }
            }
            seen
        };
        let reached: BTreeMap<_, _> = arrows.keys().map(|&from| (from, reach(from))).collect();
        let mut found = Vec::new();
        for (from, to) in &arrows {
            for (target, line) in to {
                if reached[target].contains(from) {
                    found.push(format!(
                        "{}:{line}: imports from shared/src/{}.rs, which leads back here: move what \
                         both need into a file below them",
                        self.0[*from].name(),
                        target.join("/")
                    ));
                }
            }
        }
        found
    }
}

fn read_below(folder: &Path, module: &mut Vec<String>, into: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        module.push(stem);
        if path.is_dir() {
            read_below(&path, module, into);
        } else if *module != ["lib"] && module.last().is_some_and(|last| last != "tests") {
            let parts: Vec<&str> = module.iter().map(String::as_str).collect();
            into.push(Source::new(&parts, &fs::read_to_string(&path).unwrap()));
        }
        module.pop();
    }
}

#[test]
fn no_import_of_the_core_runs_up() {
    let found = House::read(&repository("shared/src")).faults();
    assert!(
        found.is_empty(),
        "{} imports:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn no_files_of_the_core_import_one_another_in_a_circle() {
    let found = House::read(&repository("shared/src")).circles();
    assert!(
        found.is_empty(),
        "{} arrows:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn every_room_of_the_core_has_a_floor_and_every_floor_its_rooms() {
    let house = House::read(&repository("shared/src"));
    let rooms: BTreeSet<&str> = house.0.values().map(Source::room).collect();
    let floors: BTreeSet<&str> = FLOORS.into_iter().flatten().copied().collect();
    assert_eq!(rooms, floors);
}

#[test]
fn the_guard_sees_imports_that_run_up() {
    let faults = |module: &[&str], text| Source::new(module, text).faults().len();
    assert_eq!(
        faults(&["domain", "a"], "use crate::secrets::sealing::X;"),
        0
    );
    assert_eq!(
        faults(
            &["domain", "a"],
            "use crate::ids::ClientId;\nuse serde::Serialize;"
        ),
        0
    );
    assert_eq!(faults(&["domain", "a"], "use crate::{ClientId, Error};"), 2);
    assert_eq!(
        faults(
            &["domain", "a"],
            "use crate::{ids::X, store::{Scope, Store}};"
        ),
        2
    );
    assert_eq!(
        faults(&["domain", "a"], "fn f() { crate::store::Scope::new() }"),
        1
    );
    let argument = "pub(in crate::store) fn f(scope: &crate::store::Scope) {}";
    assert_eq!(faults(&["domain", "a"], argument), 1);
    assert_eq!(
        faults(&["domain", "a"], "use super::super::store::Scope;"),
        1
    );
    assert_eq!(faults(&["domain", "a"], "use super::client::Client;"), 0);
    assert_eq!(
        faults(&["store"], "pub(crate) use crate::wire::request::Request;"),
        1
    );
    assert_eq!(faults(&["wire", "a"], "use crate::store::Scope;"), 1);
    assert_eq!(faults(&["error"], "use crate::wire::oauth::TokenFault;"), 1);
    assert_eq!(
        faults(
            &["wire", "a"],
            "// crate::store::X\nuse crate::error::Error;"
        ),
        0
    );
    assert_eq!(faults(&["cellar"], "use crate::error::Error;"), 1);
}

#[test]
fn the_guard_sees_circles_also_through_what_a_room_shows() {
    let house = House::of(vec![
        Source::new(
            &["store"],
            "mod key;\nmod scope;\npub use scope::{Scope,\n    Store};",
        ),
        Source::new(&["store", "scope"], "use super::key::Key;"),
        Source::new(&["store", "key"], "use super::Store;"),
    ]);
    let found = house.circles();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("shared/src/store/key.rs:1:"),
        "{found:?}"
    );
    let house = House::of(vec![
        Source::new(
            &["store"],
            "mod key;\nmod scope;\npub use scope::Scope;\npub use key::Key;",
        ),
        Source::new(&["store", "scope"], "use super::Key;"),
        Source::new(&["store", "key"], "use crate::error::Error;"),
        Source::new(&["error"], ""),
    ]);
    assert_eq!(house.circles(), Vec::<String>::new());
}
