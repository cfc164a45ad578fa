//! Published snapshots as public files: JSON, and a script for browsers.

use crate::domain::published::{NewestSettings, PublishedSettings, Snapshot};
use crate::error::{Error, Result};
use crate::wire::file::{Contents, File, Freshness};

const JSON: &str = "application/json";
const SCRIPT: &str = "text/javascript; charset=utf-8";

impl Contents for PublishedSettings {
    const MEDIA_TYPES: &'static [&'static str] = &[JSON];
}

impl Contents for NewestSettings {
    const MEDIA_TYPES: &'static [&'static str] = &[JSON, SCRIPT];
}

impl Snapshot {
    /// Returns the snapshot as a JSON file.
    pub fn json<T: Contents>(self, freshness: Freshness) -> Result<File<T>> {
        let tag = self.version.as_str().to_owned();
        let body = safe_json(self)?.into_bytes();
        Ok(File::of(body, JSON, tag, freshness))
    }

    /// Returns the snapshot as a script that gives it to the page as `janrain.settings.published`.
    pub fn script(self, freshness: Freshness) -> Result<File<NewestSettings>> {
        let tag = format!("{}-js", self.version.as_str());
        // Parsed, because in a literal `__proto__` is no key like others.
        let json = serde_json::Value::from(safe_json(self)?);
        let script = format!(
            "(function(w){{var j=w.janrain=w.janrain||{{}};j.settings=j.settings||{{}};j.settings.published=JSON.parse({json});}})(window);\n"
        );
        Ok(File::of(script.into_bytes(), SCRIPT, tag, freshness))
    }
}

/// Renders JSON that may stand in a script element as it is.
///
/// Characters that mean something to HTML or, unlike in JSON, to JavaScript are escaped.
fn safe_json(snapshot: Snapshot) -> Result<String> {
    let json = serde_json::to_string(&PublishedSettings::from(snapshot))
        .map_err(|fault| Error::unexpected(format!("a snapshot does not serialise: {fault}")))?;
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                safe.extend(format!("\\u{:04x}", u32::from(character)).chars());
            }
            other => safe.push(other),
        }
    }
    Ok(safe)
}
