//! What is found out of a caller on the way to an operation.

use std::sync::{Arc, OnceLock};

use tracing::Span;

use crate::audit::About;

/// What admission finds out on its way: for the audit of a refusal, and for the log.
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    about: Arc<OnceLock<About>>,
    /// The request's, whose field `application` is still empty.
    span: Span,
}

impl Findings {
    /// Nothing yet.
    pub(crate) fn of(span: &Span) -> Self {
        Self {
            about: Arc::default(),
            span: span.clone(),
        }
    }

    /// Keeps what was found out first.
    pub(crate) fn note(&self, about: About) {
        let about = self.about.get_or_init(|| about);
        if let Some(application) = &about.application {
            self.span.record("application", application.as_str());
        }
    }

    /// What was found out, if anything was.
    pub(crate) fn about(&self) -> Option<&About> {
        self.about.get()
    }
}
