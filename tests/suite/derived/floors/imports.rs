//! A reader of imports: finds the paths that a Rust file names.

use std::collections::BTreeSet;

/// Returns the code of a file, without comments and the tests at its end.
pub(super) fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

pub(super) fn children(code: &str) -> BTreeSet<String> {
    let declared = code.lines().filter_map(|line| {
        let (before, name) = line.trim().strip_suffix(';')?.rsplit_once("mod ")?;
        (before.is_empty() || before.starts_with("pub")).then(|| name.to_owned())
    });
    declared.collect()
}

/// Splits code at its semicolons, each part with the line on which it begins.
pub(super) fn statements(code: &str) -> Vec<(usize, String)> {
    let (mut found, mut line) = (Vec::new(), 1);
    for statement in code.split_inclusive(';') {
        let blank = statement.len() - statement.trim_start().len();
        let begins = line + statement[..blank].matches('\n').count();
        found.push((begins, statement.trim().to_owned()));
        line += statement.matches('\n').count();
    }
    found
}

/// Returns the tree of a `use`, and whether it is a `pub use`.
pub(super) fn use_tree(statement: &str) -> Option<(bool, &str)> {
    // Attributes and blocks may stand before it.
    let begins = statement.rfind("use ")?;
    let line = statement[..begins]
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .trim();
    let tree = statement[begins + "use ".len()..].strip_suffix(';')?;
    let is_use = line.is_empty() || line.starts_with("pub");
    is_use.then_some((line.starts_with("pub"), tree))
}

/// Collects every path of a tree of imports.
pub(super) fn flatten(tree: &str, before: &[String], into: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    if tree.is_empty() {
        return;
    }
    let (path, inner) = match tree.split_once('{') {
        Some((path, inner)) => (path, inner.rsplit_once('}').map(|(inner, _)| inner)),
        None => (tree, None),
    };
    let parts = path
        .split("::")
        .map(|part| part.split(" as ").next().unwrap_or(part).trim());
    let parts = parts.filter(|part| !part.is_empty()).map(str::to_owned);
    let path: Vec<String> = before.iter().cloned().chain(parts).collect();
    let Some(inner) = inner else {
        into.push(path);
        return;
    };
    let (mut depth, mut begins) = (0_i32, 0);
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                flatten(&inner[begins..at], &path, into);
                begins = at + 1;
            }
            _ => {}
        }
    }
    flatten(&inner[begins..], &path, into);
}

/// Returns the paths with `::` in a line of code.
pub(super) fn paths_in(line: &str) -> Vec<Vec<String>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = line.split(|c: char| !is_part(c));
    let paths = words.filter(|word| word.contains("::") && !word.starts_with(':'));
    paths
        .map(|word| word.split("::").map(str::to_owned).collect::<Vec<_>>())
        .map(|path: Vec<String>| path.into_iter().filter(|part| !part.is_empty()).collect())
        .collect()
}
